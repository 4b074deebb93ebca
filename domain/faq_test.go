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
