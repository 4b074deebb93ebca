package domain

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxTests is how many saved tests a workspace has at most: all of them are run whenever an FAQ is changed.
const MaxTests = 100

// FAQTest is a question that the bot must go on answering with the FAQ it is saved for, whatever is changed.
type FAQTest struct {
	ID   string `json:"id"` // the same words have the same id in one FAQ
	Text string `json:"text"`
}

func (f FAQ) evolveTests(e FAQEvent) []FAQTest {
	tests := slices.Clone(f.Tests)
	switch e := e.(type) {
	case FAQTestSaved:
		return append(tests, FAQTest{ID: e.TestID, Text: e.Text})
	case FAQTestRemoved:
		return slices.DeleteFunc(tests, func(t FAQTest) bool { return t.ID == e.TestID })
	default:
		return tests
	}
}

// ChangesKnowledge says whether an event may change which saved tests pass, or what they are.
func ChangesKnowledge(e Event) bool {
	switch e := e.(type) {
	case FAQAdded, FAQWordingAdded, FAQWordingRemoved, FAQEnabled, FAQDisabled, FAQRemoved, FAQTestSaved:
		return true
	case FAQRevised:
		return e.Questions != nil || e.OnlyWhenSure != nil
	}
	return false
}

// After returns the FAQ as it is once these have happened to it.
func (f FAQ) After(events ...Event) FAQ {
	for _, e := range events {
		if e, ok := e.(FAQEvent); ok {
			f = f.Evolve(e)
		}
	}
	return f
}

// SaveTest decides to save words as a test of this FAQ. Among are the workspace's FAQs with their tests: the same words cannot be
// two FAQs' test. Saving twice changes nothing.
func (f FAQ) SaveTest(w WorkspaceID, text string, among []FAQ) ([]Event, error) {
	if f.ID == "" || f.Removed {
		return nil, errNoFAQ
	}
	text = strings.Join(strings.Fields(text), " ")
	switch length := utf8.RuneCountInString(text); {
	case length < minWordingLetters:
		return nil, InvalidField("text", "faq.no_test", "Write what a customer would ask.")
	case length > MaxWordingLength:
		return nil, InvalidField("text", "faq.test_too_long", "A test can have at most 300 characters.")
	case f.tests(text):
		return nil, nil
	}
	saved := len(f.Tests)
	for _, other := range among {
		if other.ID == f.ID {
			continue
		}
		if saved += len(other.Tests); other.tests(text) {
			return nil, Refuse(Conflict, "faq.test_taken", fmt.Sprintf("This is a saved test of %s already. Remove it there first.", other.Shown()))
		}
	}
	if saved >= MaxTests {
		return nil, Refuse(Conflict, "faq.tests_full", fmt.Sprintf("You have %d saved tests, and no more are possible. Remove one first.", MaxTests))
	}
	return []Event{FAQTestSaved{WorkspaceID: w, FAQID: f.ID, TestID: testID(f.ID, text), Text: text, Revision: f.Revision}}, nil
}

// RemoveTest decides to give a saved test up. Removing twice changes nothing.
func (f FAQ) RemoveTest(w WorkspaceID, id string) ([]Event, error) {
	if f.ID == "" || f.Removed {
		return nil, errNoFAQ
	}
	if !slices.ContainsFunc(f.Tests, func(t FAQTest) bool { return t.ID == id }) {
		return nil, nil
	}
	return []Event{FAQTestRemoved{WorkspaceID: w, FAQID: f.ID, TestID: id}}, nil
}

// savedAgain gives an FAQ that comes back the tests it had.
func (f FAQ) savedAgain(w WorkspaceID) []Event {
	var events []Event
	for _, t := range f.Tests {
		events = append(events, FAQTestSaved{WorkspaceID: w, FAQID: f.ID, TestID: t.ID, Text: t.Text, Revision: 1})
	}
	return events
}

// testsNamed is how many failing tests a sentence names; the others are counted.
const testsNamed = 5

// NowFail says which tests fail with a change, by what they ask: "2 tests now fail: “how much”, “delivery”."
func NowFail(asked []string) string {
	named := make([]string, min(testsNamed, len(asked)))
	for i := range named {
		named[i] = "“" + asked[i] + "”"
	}
	list := strings.Join(named, ", ")
	if more := len(asked) - len(named); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if len(asked) == 1 {
		return "1 test now fails: " + list + "."
	}
	return fmt.Sprintf("%d tests now fail: %s.", len(asked), list)
}

func (f FAQ) tests(text string) bool {
	return slices.ContainsFunc(f.Tests, func(t FAQTest) bool { return strings.EqualFold(t.Text, text) })
}

// Shown is what people know the FAQ by: its first question, quoted.
func (f FAQ) Shown() string {
	if len(f.Questions) == 0 {
		return "another FAQ"
	}
	return "“" + f.Questions[0] + "”"
}

func testID(f FAQID, text string) string {
	return DeriveID(string(f), "test", strings.ToLower(text))
}
