package bot

import (
	"slices"
	"strings"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

var picks = map[string]int{ //nolint:gochecknoglobals // a constant table
	"0": 0, "zero": 0, "1": 1, "one": 1, "first": 1, "2": 2, "two": 2, "second": 2, "3": 3, "three": 3, "third": 3,
	"4": 4, "four": 4, "fourth": 4, "5": 5, "five": 5, "fifth": 5,
}

// keycaps turns the emoji of a digit into the digit.
var keycaps = strings.NewReplacer("\ufe0f", "", "\u20e3", "") //nolint:gochecknoglobals // a constant table

// picked reads a number that answers the last list of choices: "1", "1.", "one", "the first one", "number 1", "option 1".
func picked(c domain.Conversation, text string, now time.Time) (int, bool) {
	if len(c.Choices) == 0 || now.After(c.ChoicesAt.Add(domain.ChoicesValid)) {
		return 0, false
	}
	words := strings.Fields(strings.ToLower(strings.Trim(keycaps.Replace(strings.TrimSpace(text)), ".!,()*#")))
	if len(words) > 1 && slices.Contains([]string{"number", "the", "no", "no.", "option"}, words[0]) {
		words = words[1:]
	}
	if len(words) == 2 && slices.Contains([]string{"one", "please", "pls", "abeg"}, words[1]) {
		words = words[:1]
	}
	if len(words) != 1 {
		return 0, false
	}
	n, ok := picks[words[0]]
	return n, ok && n <= len(c.Choices)
}

// named finds the one choice of a did-you-mean that the customer typed, fully or by words only it has. A menu leaves out too
// much for that: there the matcher decides.
func (t talk) named(text string) (domain.FAQID, bool) {
	if len(t.c.Choices) == 0 || t.c.ChoicesMenu || t.now.After(t.c.ChoicesAt.Add(domain.ChoicesValid)) {
		return "", false
	}
	words := match.Stems(text)
	if len(words) == 0 || match.Classify(match.Normalise(text)) != match.NotSmallTalk {
		return "", false
	}
	var found domain.FAQID
	for _, id := range t.c.Choices {
		f, ok := t.k.FAQ(id)
		if !ok || !containsAll(match.Stems(f.Questions[0]), words) {
			continue
		}
		if found != "" {
			return "", false
		}
		found = id
	}
	return found, found != ""
}

func containsAll(list, words []string) bool {
	for _, w := range words {
		if !slices.Contains(list, w) {
			return false
		}
	}
	return true
}

// pick answers the FAQ that a number chose from the last list.
func (t talk) pick(n int) commands.Outcome {
	if n > 0 {
		return t.pickFAQ(t.c.Choices[n-1])
	}
	if t.c.ChoicesMenu {
		return t.handOff(domain.ReasonHuman)
	}
	return say(domain.DecideFallback, domain.ReasonUnsure, sayOtherWords)
}

func (t talk) pickFAQ(id domain.FAQID) commands.Outcome {
	f, ok := t.k.FAQ(id)
	if !ok { // removed since
		return t.unanswered(nil, match.Result{}, domain.ReasonNoMatch)
	}
	outcome := t.explained(t.answer(f, domain.ReasonPicked, ""), t.match(strings.Join(t.words, " ")))
	outcome.Decided.Score, outcome.Decided.Margin = 1, 1 // nothing is surer, whatever the words alone come to
	if words := t.c.LastAsked; !t.c.ChoicesMenu && words != "" && !strings.Contains(words, "\n") {
		outcome.Effects = append(outcome.Effects, t.teach(f, words))
	}
	return outcome
}

// teach lets a customer's choice speak for their words. Words that are nearer to another FAQ teach nothing, nor do those that
// would break a saved test.
func (t talk) teach(f domain.FAQ, words string) commands.Effect {
	about, cluster := t.turn.About, t.cluster([]string{words})
	_, clash := t.k.Clash(f.ID, words)
	return commands.Change(domain.FAQStream(about.WorkspaceID, f.ID), func(f domain.FAQ) ([]domain.Event, error) {
		if clash {
			return nil, nil
		}
		taught := f.Pick(about.WorkspaceID, about.CustomerID, cluster, words)
		if len(t.k.Breaks(t.turn.Workspace.Shift, f.After(taught...))) > 0 {
			return nil, nil
		}
		return taught, nil
	})
}
