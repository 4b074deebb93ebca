package bot

import (
	"cmp"
	"slices"
	"time"

	"switchboard.example/domain"
)

// SavedTest is a question that must go on being answered with an FAQ, whatever is changed.
type SavedTest struct {
	domain.FAQTest
	FAQ domain.FAQ // as it was known when the test was run
}

// Tests are the workspace's saved tests, by the FAQs' numbers.
func (k *Knowledge) Tests() []SavedTest {
	var tests []SavedTest
	for _, f := range k.All {
		for _, t := range f.Tests {
			tests = append(tests, SavedTest{FAQTest: t, FAQ: f})
		}
	}
	return tests
}

// Passes says whether the bot answers the test's words with its FAQ. It goes by the FAQs and by how careful the bot is alone: the
// hour, a pause or whom the business answers make no test fail.
func (k *Knowledge) Passes(s domain.Shift, t SavedTest) bool {
	decided := Try(domain.Workspace{Shift: s}, k, t.Text, time.Unix(0, 0)).Decided
	return decided.Decision == domain.DecideAnswer && decided.FAQ == t.FAQ.ID
}

// Breaks are the saved tests that pass now and would not if an FAQ were as given: a new one has no id, a deleted one is Removed.
// Where that changes nothing for the matcher, nothing is built.
func (k *Knowledge) Breaks(s domain.Shift, after domain.FAQ) []SavedTest {
	tests := k.Tests()
	at := slices.IndexFunc(k.All, func(f domain.FAQ) bool { return after.ID != "" && f.ID == after.ID })
	if len(tests) == 0 || at >= 0 && readsTheSame(k.All[at], after) || at < 0 && !after.Enabled {
		return nil
	}
	faqs := slices.Clone(k.All)
	switch {
	case at < 0:
		after.ID = cmp.Or(after.ID, "new")
		faqs = append(faqs, after)
	case after.Removed:
		faqs = slices.Delete(faqs, at, at+1)
	default:
		faqs[at] = after
	}
	next := knowledgeOf(k.model, k.Revision, faqs, k.dismissed)
	return slices.DeleteFunc(tests, func(t SavedTest) bool { return next.Passes(s, t) || !k.Passes(s, t) })
}

// readsTheSame says whether the matcher reads two states of an FAQ alike.
func readsTheSame(a, b domain.FAQ) bool {
	return a.Enabled == b.Enabled && (!a.Enabled || a.OnlyWhenSure == b.OnlyWhenSure && slices.Equal(a.Questions, b.Questions))
}
