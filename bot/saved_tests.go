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
	return Try(domain.Workspace{Shift: s}, k, t.Text, time.Unix(0, 0)).Decided.FAQ == t.FAQ.ID
}

// Breaks are the saved tests that pass now and would not if FAQs were as given: a new one has no id or an unknown one, a deleted
// one is Removed. Where that changes nothing for the matcher, nothing is built.
func (k *Knowledge) Breaks(s domain.Shift, after ...domain.FAQ) []SavedTest {
	tests := k.Tests()
	faqs, changes := k.with(after...)
	if len(tests) == 0 || !changes {
		return nil
	}
	next := knowledgeOf(k.model, k.Revision, faqs, k.dismissed)
	return slices.DeleteFunc(tests, func(t SavedTest) bool { return next.Passes(s, t) || !k.Passes(s, t) })
}

// newFAQ is the id of one that has none yet.
const newFAQ domain.FAQID = "new"

// with are the FAQs as they would be, and whether the matcher would read anything differently.
func (k *Knowledge) with(after ...domain.FAQ) (faqs []domain.FAQ, changes bool) {
	faqs = slices.Clone(k.All)
	for _, f := range after {
		f.Questions = slices.DeleteFunc(slices.Clone(f.Questions), func(q string) bool { return q == "" }) // a forgotten customer's
		at := slices.IndexFunc(faqs, func(known domain.FAQ) bool { return f.ID != "" && known.ID == f.ID })
		switch {
		case at < 0:
			f.ID = cmp.Or(f.ID, newFAQ)
			changes = changes || f.Enabled
			faqs = append(faqs, f)
		case f.Removed:
			changes = changes || faqs[at].Enabled
			faqs = slices.Delete(faqs, at, at+1)
		default:
			changes = changes || !readsTheSame(faqs[at], f)
			faqs[at] = f
		}
	}
	return faqs, changes
}

// readsTheSame says whether the matcher reads two states of an FAQ alike.
func readsTheSame(a, b domain.FAQ) bool {
	return a.Enabled == b.Enabled && (!a.Enabled || a.OnlyWhenSure == b.OnlyWhenSure && slices.Equal(a.Questions, b.Questions))
}
