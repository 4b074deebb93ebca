package match_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/bot/match"
)

func TestFoldLeavesPlainLowerCaseWords(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]string{
		"  How MUCH?? ":           "how much",
		"Plsssss sooo goood!!!":   "pls so good",
		"café — Ẹ káàárọ̀":        "cafe e kaaro",
		"don't / don’t":           "dont dont",
		"₦5,000":                  "naira 5 000",
		"👍🏽🙏":                     "",
		"call 08030001111 now":    "call 08030001111 now",
		"ｆｕｌｌ　ｗｉｄｔｈ":              "full width",
		"bad \xff bytes":          "bad bytes",
		"delivery\u200dto\nLekki": "deliveryto lekki",
	} {
		if got := match.Fold(give); got != want {
			t.Errorf("Fold(%q) = %q, want %q", give, got, want)
		}
	}
}

func TestPidginAndShortFormsReadAsEnglish(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]string{
		"wetin be the price":       "what is the price",
		"hw much na":               "how much is",
		"una dey open sunday":      "are you open sunday",
		"i wan cancel my oda":      "i want to cancel my order",
		"abeg where una dey":       "please where are you located",
		"drop ur aza":              "drop your account number",
		"pls send acct details":    "please send account number details",
		"i no fit login":           "i cannot login",
		"wen wil e reach 2moro":    "when will it reach tomorrow",
		"my card isn't working":    "my card not working",
		"i am looking for a gown":  "i am looking for a gown",
		"how do i get a refund":    "how can i get a refund",
		"e never reach":            "it has not arrived",
		"u get am for big people":  "do you have it for plus size",
		"how much be waybill 2 ph": "how much is delivery to port harcourt",
	} {
		if got := strings.Join(match.Normalise(give).Words, " "); got != want {
			t.Errorf("Normalise(%q) reads %q, want %q", give, got, want)
		}
	}
}

func TestPhrasesNameConcepts(t *testing.T) {
	t.Parallel()
	for give, want := range map[string][]string{
		"i wan pay when rider reach": {"cod"},
		"last price":                 {"discount", "price"},
		"una still get am":           {"stock"},
		"good morning":               nil,
	} {
		got := match.Normalise(give).Concepts
		for _, concept := range want {
			if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+concept+" ") {
				t.Errorf("Normalise(%q) names %v, want %s among them", give, got, concept)
			}
		}
		if want == nil && len(got) > 0 {
			t.Errorf("Normalise(%q) names %v, want none", give, got)
		}
	}
}

func TestMannersDoNotChangeTheKey(t *testing.T) {
	t.Parallel()
	plain := match.Normalise("Where is your shop?").Key
	for _, same := range []string{"please where is your shop", "Hello, where is ur shop sir", "abeg where is your shop o"} {
		if diff := cmp.Diff(plain, match.Normalise(same).Key); diff != "" {
			t.Errorf("key of %q differs (-want +got):\n%s", same, diff)
		}
	}
}

func TestAnOverlongMessageIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	n := match.Normalise(strings.Repeat("how much ", 1000))
	if !n.Truncated || len(n.Clean) > 1200 {
		t.Errorf("truncated %v, %d bytes kept", n.Truncated, len(n.Clean))
	}
}

func TestGarbageTakesBoundedTime(t *testing.T) {
	t.Parallel()
	index := newShop(t)
	for _, garbage := range []string{
		strings.Repeat("a", 1<<16), strings.Repeat("x y", 1<<15), strings.Repeat("\u0301", 1<<15),
		strings.Repeat("ﷺ", 1<<14), strings.Repeat("\xff\x00", 1<<15), strings.Repeat("delivrey ", 1<<13),
	} {
		started := time.Now()
		index.Match(garbage)
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("%d bytes of %.6q took %v", len(garbage), garbage, took)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"", "Plsss hw much", "ẸKÁÀÁRỌ̀ o", "\xff\xfe", "😀😀", "İstanbul ŉ ﬁ", "₦₦₦", "a\u0300\u0301b", "ǅǅǅ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := match.Normalise(text)
		if again := match.Fold(n.Clean); again != n.Clean {
			t.Errorf("folding %q twice gives %q, then %q", text, n.Clean, again)
		}
		if !utf8.ValidString(n.Clean) || strings.Contains(n.Clean, "  ") {
			t.Errorf("Fold(%q) = %q", text, n.Clean)
		}
		if diff := cmp.Diff(n, match.Normalise(text)); diff != "" {
			t.Errorf("two readings differ:\n%s", diff)
		}
		match.Classify(n)
	})
}
