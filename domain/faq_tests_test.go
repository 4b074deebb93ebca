package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
	"switchboard.example/domain/domaintest"
)

func TestSavingATestOfAnFAQ(t *testing.T) {
	save := func(text string, among ...domain.FAQ) func(domain.FAQ) ([]domain.Event, error) {
		return func(f domain.FAQ) ([]domain.Event, error) { return f.SaveTest(shop, text, among) }
	}
	saved := domain.FAQTestSaved{
		WorkspaceID: shop, FAQID: "f1", TestID: domain.DeriveID("f1", "test", "how much una dey charge"), Text: "How much una dey charge", Revision: 1,
	}
	domaintest.Given[domain.FAQ, domain.FAQEvent](t, domain.FAQ{}).When(save("a b")).ThenRefused("faq.not_found")
	given := domaintest.Given[domain.FAQ, domain.FAQEvent](t, domain.FAQ{}, added)
	given.When(save(" How much  una dey charge ")).Then(saved)
	given.When(save(" a ")).ThenRefused("faq.no_test")
	given.When(save(strings.Repeat("x", 301))).ThenRefused("faq.test_too_long")
	given.When(save("how MUCH una dey charge", domain.FAQ{ID: "f2", Questions: []string{"Where?"}}.After(saved))).ThenRefused("faq.test_taken")
	again := domaintest.Given[domain.FAQ, domain.FAQEvent](t, domain.FAQ{}, added, saved)
	again.When(save("how much una dey charge")).ThenNothing()
	again.When(func(f domain.FAQ) ([]domain.Event, error) { return f.RemoveTest(shop, saved.TestID) }).
		Then(domain.FAQTestRemoved{WorkspaceID: shop, FAQID: "f1", TestID: saved.TestID})
	again.When(func(f domain.FAQ) ([]domain.Event, error) { return f.RemoveTest(shop, "another") }).ThenNothing()

	full := domain.FAQ{ID: "f2"}
	for n := range domain.MaxTests - 1 {
		full.Tests = append(full.Tests, domain.FAQTest{Text: fmt.Sprint("test ", n)})
	}
	given.When(save("a b", full, domain.FAQ{ID: "f1"})).Then(domain.FAQTestSaved{WorkspaceID: shop, FAQID: "f1", TestID: domain.DeriveID("f1", "test", "a b"), Text: "a b", Revision: 1})
	again.When(save("a b", full)).ThenRefused("faq.tests_full")
}

func TestAnFAQThatComesBackHasItsTests(t *testing.T) {
	before := domain.FAQ{}.After(added, domain.FAQTestSaved{FAQID: "f1", TestID: "t1", Text: "how much"}, domain.FAQTestSaved{FAQID: "f1", TestID: "t2", Text: "price"},
		domain.FAQTestRemoved{FAQID: "f1", TestID: "t1"})
	if before.Revision != 1 {
		t.Fatal("a test is no change of what the FAQ says")
	}
	gone := before.After(domain.FAQRemoved{FAQID: "f1"})
	events, err := gone.BackTo(shop, before)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]domain.FAQTest{{ID: "t2", Text: "price"}}, gone.After(events...).Tests); diff != "" {
		t.Fatal(diff)
	}
}
