package commands_test

import (
	"context"
	"sync"
	"testing"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// twoFAQs is an office with a saved test that passes as long as one of two FAQs is on, and a judge who knows that.
func twoFAQs(t *testing.T) (*office, func(domain.FAQ) error) {
	t.Helper()
	o := newOffice(t)
	for _, id := range []domain.FAQID{"f1", "f2"} {
		o.append(domain.FAQStream(shop, id), domain.FAQAdded{WorkspaceID: shop, FAQID: id, Questions: []string{"how much"}, Answer: "x", Enabled: true})
	}
	if _, err := o.SaveFAQTest(t.Context(), commands.SaveFAQTest{WorkspaceID: shop, FAQID: "f1", Text: "how much na"}); err != nil {
		t.Fatal(err)
	}
	return o, func(after domain.FAQ) error {
		for _, id := range []domain.FAQID{"f1", "f2"} {
			history, err := o.store.Load(t.Context(), domain.FAQStream(shop, id), 0)
			if err != nil {
				return err
			}
			f, _ := commands.Fold[domain.FAQ, domain.FAQEvent](history)
			if id == after.ID {
				f = after
			}
			if f.Enabled {
				return nil
			}
		}
		return domain.Refuse(domain.Conflict, "faq.tests_fail", "1 test now fails.")
	}
}

func (o *office) on(id domain.FAQID) bool {
	o.t.Helper()
	history, err := o.store.Load(context.Background(), domain.FAQStream(shop, id), 0)
	if err != nil {
		o.t.Error(err)
	}
	f, _ := commands.Fold[domain.FAQ, domain.FAQEvent](history)
	return f.Enabled
}

func switching(id domain.FAQID, on bool, judge commands.Judge) commands.ChangeFAQ {
	return commands.ChangeFAQ{WorkspaceID: shop, FAQID: id, Change: domain.FAQChange{Enabled: &on}, Judge: judge}
}

func TestTwoChangesOfFAQsAreNotJudgedApart(t *testing.T) {
	head := func(o *office) int64 {
		at, err := o.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	t.Run("what was judged before the other is judged again, knowing it", func(t *testing.T) {
		o, breaks := twoFAQs(t)
		tries, other := 0, int64(0)
		_, err := o.ChangeFAQ(t.Context(), switching("f1", false, func(position int64, _, after domain.FAQ) error {
			refusal := breaks(after)
			if tries++; tries == 1 {
				if _, err := o.ChangeFAQ(t.Context(), switching("f2", false, nil)); err != nil {
					t.Fatal(err)
				}
				other = head(o)
			} else if position != other {
				t.Errorf("it is to be judged on what was known at %d, not at %d", position, other)
			}
			return refusal
		}))
		refused(t, err, "faq.tests_fail")
		if tries != 2 || !o.on("f1") || o.on("f2") {
			t.Fatalf("judged %d times", tries)
		}
	})
	t.Run("nor when a test is saved meanwhile", func(t *testing.T) {
		o, _ := twoFAQs(t)
		tries := 0
		_, err := o.ChangeFAQ(t.Context(), switching("f1", false, func(_ int64, _, _ domain.FAQ) error {
			if tries++; tries > 1 {
				return domain.Refuse(domain.Conflict, "faq.tests_fail", "1 test now fails.")
			}
			_, err := o.SaveFAQTest(t.Context(), commands.SaveFAQTest{WorkspaceID: shop, FAQID: "f2", Text: "how much is it"})
			return err
		}))
		refused(t, err, "faq.tests_fail")
	})
	t.Run("nor the first test of all", func(t *testing.T) {
		o := newOffice(t)
		o.append(domain.FAQStream(shop, "f1"), domain.FAQAdded{WorkspaceID: shop, FAQID: "f1", Questions: []string{"how much"}, Answer: "x", Enabled: true})
		tries := 0
		_, err := o.ChangeFAQ(t.Context(), switching("f1", false, func(_ int64, _, _ domain.FAQ) error {
			if tries++; tries > 1 {
				return domain.Refuse(domain.Conflict, "faq.tests_fail", "1 test now fails.")
			}
			o.append(domain.FAQStream(shop, "f2"), domain.FAQAdded{WorkspaceID: shop, FAQID: "f2", Questions: []string{"where"}, Answer: "x", Enabled: true})
			_, err := o.SaveFAQTest(t.Context(), commands.SaveFAQTest{WorkspaceID: shop, FAQID: "f2", Text: "where na"})
			return err
		}))
		refused(t, err, "faq.tests_fail")
	})
	t.Run("a change of the answer alone holds nobody up", func(t *testing.T) {
		o, breaks := twoFAQs(t)
		tries, answer := 0, "y"
		_, err := o.ChangeFAQ(t.Context(), switching("f1", false, func(_ int64, _, after domain.FAQ) error {
			tries++
			if _, err := o.ChangeFAQ(t.Context(), commands.ChangeFAQ{WorkspaceID: shop, FAQID: "f2", Change: domain.FAQChange{Answer: &answer}}); err != nil {
				return err
			}
			return breaks(after)
		}))
		if err != nil || tries != 1 {
			t.Fatal(err, tries)
		}
	})
	t.Run("by command and from the dashboard", func(t *testing.T) {
		o, breaks := twoFAQs(t)
		var known []int64
		c, err := o.ReceiveOwnerMessage(t.Context(), commands.ReceiveMessage{
			WorkspaceID: shop, From: commands.Sender{Addresses: []string{"self"}}, MessageID: "m", Text: "!faq off #1", SentAt: o.now, ReplyTo: "self",
		}, true)
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.AnswerTurn(t.Context(), commands.AnswerTurn{
			WorkspaceID: shop, CustomerID: c,
			Choose: func(turn commands.Turn, _ []domain.TurnMessage) (commands.Outcome, bool, error) {
				known = append(known, turn.Taught)
				outcome := ordered("off", commands.Change(domain.FAQStream(shop, "f1"), func(f domain.FAQ) ([]domain.Event, error) {
					off := false
					return f.Change(shop, domain.FAQChange{Enabled: &off})
				}))
				outcome.Knew = head(o)
				if err := breaks(domain.FAQ{ID: "f1"}); err != nil {
					outcome = ordered("it breaks a test")
				}
				if len(known) == 1 {
					if _, err := o.ChangeFAQ(t.Context(), switching("f2", false, nil)); err != nil {
						t.Fatal(err)
					}
				}
				return outcome, true, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.lastReply(o.self()); got != "it breaks a test" || !o.on("f1") || len(known) != 2 || known[0] != 0 || known[1] == 0 {
			t.Fatal(got, known)
		}
	})
	t.Run("whoever is first, of many at once", func(t *testing.T) {
		o, breaks := twoFAQs(t)
		judge := func(_ int64, _, after domain.FAQ) error { return breaks(after) }
		for round := range 20 {
			var both sync.WaitGroup
			for _, id := range []domain.FAQID{"f1", "f2"} {
				both.Go(func() { _, _ = o.ChangeFAQ(t.Context(), switching(id, false, judge)) })
			}
			both.Wait()
			if o.on("f1") == o.on("f2") {
				t.Fatalf("round %d: f1 is on %v, f2 is on %v", round, o.on("f1"), o.on("f2"))
			}
			for _, id := range []domain.FAQID{"f1", "f2"} {
				if _, err := o.ChangeFAQ(t.Context(), switching(id, true, judge)); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestTheSameWordsSavedAtOnceAreOneTest(t *testing.T) {
	o, _ := twoFAQs(t)
	among := func(_ int64) ([]domain.FAQ, error) {
		var all []domain.FAQ
		for _, id := range []domain.FAQID{"f1", "f2"} {
			history, err := o.store.Load(t.Context(), domain.FAQStream(shop, id), 0)
			if err != nil {
				return nil, err
			}
			f, _ := commands.Fold[domain.FAQ, domain.FAQEvent](history)
			all = append(all, f)
		}
		return all, nil
	}
	save := func(id domain.FAQID, among func(int64) ([]domain.FAQ, error)) error {
		_, err := o.SaveFAQTest(t.Context(), commands.SaveFAQTest{WorkspaceID: shop, FAQID: id, Text: "what does it cost", Among: among})
		return err
	}
	raced := false
	refused(t, save("f1", func(position int64) ([]domain.FAQ, error) {
		all, err := among(position)
		if !raced {
			raced = true
			if err := save("f2", among); err != nil {
				t.Fatal(err)
			}
		}
		return all, err
	}), "faq.test_taken")
}
