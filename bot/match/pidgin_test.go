package match_test

import (
	"os"
	"strings"
	"testing"

	"switchboard.example/bot/match"
)

func TestPidginIsToldFromEnglish(t *testing.T) {
	t.Parallel()
	for text, told := range map[string]string{
		"how much una dey charge for dlvry":    "una, dey",
		"Wetin be una price?":                  "wetin, una",
		"WETINNN una dey sell":                 "wetin, una, dey",
		"wia una shop":                         "wia, una",
		"abeg how much na":                     "abeg, na",
		"i wan talk to person":                 "wan talk",
		"how e be":                             "how e, e be",
		"e go reach today":                     "e go",
		"delivery na how much":                 "na how",
		"na original be this":                  "na original",
		"fit i come tomorrow":                  "fit i",
		"how much be that redmi":               "how much",
		"my cloth don ready":                   "don ready",
		"i don pay":                            "i don",
		"i no get pos":                         "i no",
		"make i come collect am?":              "make i, collect am",
		"you go bring am come my house":        "you go, bring am",
		"pos no gree collect my card":          "no gree",
		"no vex, una still dey open for 9 pm?": "no vex, una, dey",
		"rice wey sweet":                       "wey",
		"abeg where dem shop":                  "abeg, dem",
		"how much sha nko":                     "sha, nko",
		"abeg how much o":                      "abeg, o",
		"e go cost how much":                   "e go",
		"delivery na how":                      "na how",
		"no be this one i order":               "no be",
		"fit deliver today?":                   "fit deliver",
		"the bike go fit come":                 "go fit",
		"how i go reach una":                   "how i, i go, una",
		"i fit enter":                          "i fit",
	} {
		if words, sure := match.Pidgin(text); !sure || strings.Join(words, ", ") != told {
			t.Errorf("%q: Pidgin %v by %q, want by %q", text, sure, words, told)
		}
	}
}

func TestNigerianEnglishAndShortFormsAreNotPidgin(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "🙏", "how much is delivery?", "hw mch is d dlvry pls", "wat tym do u open 2day", "pls hw do i pay, u no d acct?", "can u snd it 2 me asap",
		"abeg what time do you open", "how much is it o", "Good evening sir, how much is the fee sha?", "please ma, do the needful", "ok na",
		"I want to place an order for small chops", "do you have pork chop", "will i fit into size 12", "do you fit tyres", "does it fit", "can i go and collect it?",
		"where do i go to pay", "when can you go to ikeja", "i don know", "i don't like it", "is Mr Don there", "do you open am or pm", "I am at the gate", "9 am",
		"are you open 9 am to 6 pm", "what do i do", "do you have an e wallet", "e-mail address", "size E", "how much for 20 pieces", "make it two please",
		"abeg do you have size o in red", "can make e payment here?", "can u make e payment", "reply me na please sir", "na thanks", "there will no be light today",
		"does it fit you well", "i want to go fit the suit", "don deliver it today", "how i can pay", "i wan to buy 2", "i wan a bag",
		"should i collect am or pm", "hope i fit", "are you don",
		"let me make i-phone payment", "i no longer want it", "no problem", "No be", "dem", "my name is Wan Li", "do you ship to Go",
		strings.Repeat("how much is delivery ", 200) + "wetin", // beyond what is read
	} {
		if words, sure := match.Pidgin(text); sure {
			t.Errorf("%q was taken for Pidgin by %q", text, words)
		}
	}
}

func TestOneWordThatEnglishBorrowsIsNoProof(t *testing.T) {
	t.Parallel()
	if words, sure := match.Pidgin("abeg send account"); sure || len(words) != 1 || words[0] != "abeg" {
		t.Fatalf("%v by %q", sure, words)
	}
	if _, sure := match.Pidgin("abeg abeg abeg"); sure {
		t.Fatal("said three times it is one word")
	}
}

// TestHeldOutMessagesAreToldApart measures what is written in the README: forty short messages of each kind that were written down
// before anybody looked at the words and turns above, and that nothing may be tuned on.
func TestHeldOutMessagesAreToldApart(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/pidgin_held_out.txt")
	if err != nil {
		t.Fatal(err)
	}
	said, taken := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(file)) {
		kind, text, found := strings.Cut(strings.TrimSpace(line), "\t")
		if !found || kind != "pidgin" && kind != "english" {
			t.Fatalf("cannot read %q", line)
		}
		told, pidgin := match.Pidgin(text)
		if said[kind]++; pidgin {
			taken[kind]++
		}
		if pidgin != (kind == "pidgin") {
			t.Logf("%s: %q, told by %q", kind, text, told)
		}
	}
	if said["pidgin"] != 40 || said["english"] != 40 || taken["pidgin"] < 35 || taken["english"] > 1 {
		t.Fatalf("taken for Pidgin: %d of %d in Pidgin, %d of %d in English", taken["pidgin"], said["pidgin"], taken["english"], said["english"])
	}
}
