package bot

import (
	"testing"

	"switchboard.example/domain"
)

func TestASavedTestPassesWhateverTheHourAndWhoeverAsks(t *testing.T) {
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	delivery, hours := k.All[0], k.All[1]
	for _, c := range []struct {
		text  string
		of    domain.FAQ
		shift float64
		want  bool
	}{
		{"how much is delivery", delivery, 0, true},
		{"how much is delivery", hours, 0, false},
		{"do you people bring", delivery, 0, false},    // it asks back
		{"when do you begin", hours, 0, true},          // 0.90
		{"when do you begin", hours, -2, false},        // the bot is more careful
		{"hello", hours, 0, false},                     // small talk
		{"I want a refund, scammers", hours, 0, false}, // a person answers
	} {
		if got := k.Passes(domain.Shift{By: c.shift}, SavedTest{FAQTest: domain.FAQTest{Text: c.text}, FAQ: c.of}); got != c.want {
			t.Errorf("%q of %s, shifted by %v: passes is %v", c.text, c.of.ID, c.shift, got)
		}
	}
}

func TestWhatAnAnswerToAMissedQuestionBreaksIsSaidFirst(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.happens(domain.FAQStream(shop, "f2"), domain.FAQTestSaved{WorkspaceID: shop, FAQID: "f2", TestID: "t1", Text: "what time do you bring"})
	w.desk.missed = []Missed{{
		Cluster: "c1", Question: "what time do you bring", Asked: []domain.LearnedWording{{CustomerID: "ada", Text: "what time do you bring"}}, People: 1,
		Reply: &OwnReply{ID: "r1", Text: "At noon.", To: Person{Name: "ada"}},
	}}
	const breaks = "⚠️ 1 test now fails: “what time do you bring”."
	w.orders("!missed")
	if got, want := w.orders("!answer 1 | At noon."), breaks+" Send !answer! 1 | … to answer it anyway."; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got, want := w.orders("!answer 1"), "Your reply to ada was:\n→ At noon.\n"+breaks+"\nReply YES within 2 min to answer everybody so, or send !answer 1 | another answer."; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got, want := w.orders("!answer! 1 | At noon."), "✅ FAQ #5 made from 1 question."; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// What the matcher reads alike builds nothing: a build of five hundred FAQs takes more than a second.
func TestOnlyWhatIsReadOtherwiseRunsTheTests(t *testing.T) {
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	answer, off := k.All[0], k.All[3]
	answer.Answer, off.Questions = "x", []string{"how much is delivery"}
	for _, after := range []domain.FAQ{answer, off, {Questions: []string{"how much is delivery"}}, off.After(domain.FAQRemoved{})} {
		if broken := k.Breaks(domain.Shift{}, after); broken != nil {
			t.Fatalf("%+v", broken)
		}
	}
}
