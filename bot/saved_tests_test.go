package bot

import (
	"slices"
	"testing"

	"switchboard.example/commands"
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
	faqs := slices.Clone(shopFAQs)
	faqs[0].Tests = []domain.FAQTest{{ID: "t1", Text: "how much is delivery"}}
	k, err := NewKnowledge(1, faqs)
	if err != nil {
		t.Fatal(err)
	}
	k.model = nil // a build would panic
	answer, off := k.All[0], k.All[3]
	answer.Answer, off.Questions = "x", []string{"how much is delivery"}
	for _, after := range []domain.FAQ{answer, off, {Questions: []string{"how much is delivery"}}, off.After(domain.FAQRemoved{}), {ID: "gone", Removed: true}} {
		if broken := k.Breaks(domain.Shift{}, after); broken != nil {
			t.Fatalf("%+v", broken)
		}
	}
	on, sure, fewer, forgotten := off, k.All[0], k.All[0], k.All[0]
	on.Enabled, sure.OnlyWhenSure, fewer.Questions = true, true, fewer.Questions[1:]
	forgotten.Questions = append(slices.Clone(forgotten.Questions), "") // a customer's words once
	for name, c := range map[string]struct {
		a, b domain.FAQ
		want bool
	}{
		"on and off": {off, on, false}, "when very sure": {k.All[0], sure, false}, "other wordings": {k.All[0], fewer, false},
		"another answer": {k.All[0], answer, true}, "wordings of one that is off": {k.All[3], off, true},
	} {
		if got := readsTheSame(c.a, c.b); got != c.want {
			t.Errorf("%s: read alike %v", name, got)
		}
	}
	if broken := k.Breaks(domain.Shift{}, forgotten); broken != nil {
		t.Fatalf("%+v", broken)
	}
}

// Neither a rival nor a lost wording takes the words away from their FAQ, but both do.
func TestTwoChangesAtOnceBreakNoTestTogether(t *testing.T) {
	faqs := slices.Clone(shopFAQs)
	faqs[3].Questions = []string{"delivery charges"}
	w := newWorld(t, faqs...)
	if _, err := w.do.SaveFAQTest(t.Context(), commands.SaveFAQTest{WorkspaceID: shop, FAQID: "f1", Text: "delivery cost"}); err != nil {
		t.Fatal(err)
	}
	judge := func(position int64, _, after domain.FAQ) error {
		k, err := w.turns.Library.Since(t.Context(), shop, position)
		if err == nil && len(k.Breaks(domain.Shift{}, after)) > 0 {
			err = domain.Refuse(domain.Conflict, "faq.tests_fail", "1 test now fails.")
		}
		return err
	}
	fewer := commands.ChangeFAQ{WorkspaceID: shop, FAQID: "f1", Change: domain.FAQChange{Questions: []string{"How much is delivery?", "delivery fee"}}, Judge: judge}
	self := w.owner(w.message("self", "!faq on #4"), true)
	tries := 0
	answered, err := w.do.AnswerTurn(t.Context(), commands.AnswerTurn{
		WorkspaceID: shop, CustomerID: self,
		Choose: func(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
			outcome, decided, err := w.turns.choose(t.Context(), turn, messages, w.turns.Library.Soon(t.Context(), shop))
			if tries++; tries == 1 {
				if _, err := w.do.ChangeFAQ(t.Context(), fewer); err != nil {
					t.Fatal(err)
				}
			}
			return outcome, decided, err
		},
	})
	if err != nil || tries != 2 {
		t.Fatal(err, tries)
	}
	got, _ := w.deliver(commands.ReplyRef{WorkspaceID: shop, CustomerID: self, ReplyID: answered.ReplyID})
	if want := "⚠️ 1 test now fails: “delivery cost”. Send !faq on! #4 to do it anyway."; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}
