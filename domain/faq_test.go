package domain_test

import (
	"strings"
	"testing"

	"switchboard.example/domain"
	"switchboard.example/domain/domaintest"
)

var added = domain.FAQAdded{WorkspaceID: shop, FAQID: "f1", Number: 1, Questions: []string{"How much is delivery?"}, Answer: "₦1,500", Enabled: true}

func TestAddingAnFAQ(t *testing.T) {
	add := func(d domain.FAQDraft) func(domain.FAQ) ([]domain.Event, error) {
		return func(domain.FAQ) ([]domain.Event, error) { return domain.AddFAQ(shop, "f1", 1, d) }
	}
	given := domaintest.Given[domain.FAQ, domain.FAQEvent](t, domain.FAQ{})
	given.When(add(domain.FAQDraft{Questions: []string{" How much  is delivery? ", "HOW MUCH IS DELIVERY?", ""}, Answer: " ₦1,500 ", Enabled: true})).Then(added)
	given.When(add(domain.FAQDraft{Questions: []string{"Delivery?"}})).ThenRefused("faq.no_answer")
	given.When(add(domain.FAQDraft{Questions: []string{" "}, Answer: "yes"})).ThenRefused("faq.no_question")
	given.When(add(domain.FAQDraft{Questions: []string{"q?"}, Answer: strings.Repeat("x", domain.MaxAnswerLength+1)})).ThenRefused("faq.answer_too_long")
}

func TestChangingAnFAQ(t *testing.T) {
	change := func(c domain.FAQChange) func(domain.FAQ) ([]domain.Event, error) {
		return func(f domain.FAQ) ([]domain.Event, error) { return f.Change(shop, c) }
	}
	same, other, off := "₦1,500", "₦2,000", false
	given := domaintest.Given[domain.FAQ, domain.FAQEvent](t, domain.FAQ{}, added)
	given.When(change(domain.FAQChange{Answer: &same, Questions: added.Questions})).ThenNothing()
	given.When(change(domain.FAQChange{Answer: &other, Enabled: &off})).
		Then(domain.FAQRevised{WorkspaceID: shop, FAQID: "f1", Answer: &other}, domain.FAQDisabled{WorkspaceID: shop, FAQID: "f1"})
	gone := domaintest.Given[domain.FAQ, domain.FAQEvent](t, domain.FAQ{}, added, domain.FAQRemoved{})
	gone.When(change(domain.FAQChange{Answer: &other})).ThenRefused("faq.not_found")
}

func TestAWordingIsLearnedWhenTwoCustomersAgree(t *testing.T) {
	var f domain.FAQ
	play := func(events []domain.Event) int {
		for _, e := range events {
			f = f.Evolve(e.(domain.FAQEvent))
		}
		return len(events)
	}
	play([]domain.Event{domain.FAQAdded{FAQID: "f1", Questions: []string{"How much is delivery?"}, Answer: "a", Enabled: true}})
	if play(f.Pick("w", "ada", "c1", "bring am price")) != 1 || play(f.Pick("w", "ada", "c1", "bring am price")) != 0 || len(f.Questions) != 1 {
		t.Fatalf("one customer taught alone: %v", f.Questions)
	}
	if play(f.Pick("w", "bola", "c1", "bring  am price")) != 1 || f.Questions[1] != "bring am price" || f.Learned[0] != "bring am price" {
		t.Fatalf("two customers did not teach: %v", f.Questions)
	}
	if play(f.Pick("w", "chidi", "c1", "bring am price")) != 0 {
		t.Fatal("taught twice")
	}
	t.Run("and a restored FAQ does not take over customers' words", func(t *testing.T) {
		before := f
		gone := f.Evolve(domain.FAQRemoved{FAQID: "f1"})
		events, err := gone.BackTo("w", before)
		if err != nil {
			t.Fatal(err)
		}
		if added := events[0].(domain.FAQAdded); len(added.Questions) != 1 || added.Questions[0] != "How much is delivery?" {
			t.Fatalf("%+v", added)
		}
	})
}
