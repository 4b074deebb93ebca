package match_test

import (
	"testing"

	"switchboard.example/bot/match"
)

func TestSmallTalkIsAClosedList(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]match.SmallTalk{
		"Hi":                             match.Greeting,
		"Heyyyy 👋":                       match.Greeting,
		"How far?":                       match.Greeting,
		"Good morning sir":               match.Greeting,
		"how una dey":                    match.Greeting,
		"Ẹ káàárọ̀ ma":                   match.Greeting,
		"thank u":                        match.Thanks,
		"Thanks a lot!":                  match.Thanks,
		"ok":                             match.Okay,
		"No wahala":                      match.Okay,
		"Okayyy":                         match.Okay,
		"bye bye":                        match.Goodbye,
		"0":                              match.WantsHuman,
		"Agent":                          match.WantsHuman,
		"I wan talk to person":           match.WantsHuman,
		"abeg i wan talk to person o":    match.WantsHuman,
		"Can I speak to someone please?": match.WantsHuman,
		"MENU":                           match.WantsMenu,
		"help":                           match.WantsMenu,
		"STOP":                           match.Stop,
		"stop.":                          match.Stop,
		"START":                          match.Start,
		"👍":                              match.Wordless,
		"":                               match.Wordless,
		"hi how much is delivery":        match.NotSmallTalk,
		"thanks, and do you open sunday": match.NotSmallTalk,
		"1":                              match.NotSmallTalk,
		"how far with my order":          match.NotSmallTalk,
		"stop my subscription":           match.NotSmallTalk,
		"help me cancel my order":        match.NotSmallTalk,
		"how far is your shop":           match.NotSmallTalk,
	} {
		if got := match.Classify(match.Normalise(give)); got != want {
			t.Errorf("Classify(%q) = %q, want %q", give, got, want)
		}
	}
}
