package bot

import (
	"fmt"
	"testing"

	"switchboard.example/domain"
)

// hairShop is written down as an owner does, one FAQ after the other. The FAQs are about different things in words that are alike.
var hairShop = [][]string{
	{"How much is bone straight hair?", "bone straight price", "how much be your bone straight"},
	{"Do you deliver outside Lagos?", "una dey send go Abuja", "waybill to Port Harcourt"},
	{"How much is delivery within Lagos?", "delivery fee lagos", "how much to send am to Lekki"},
	{"Can I pay on delivery?", "pay when e reach", "payment on delivery"},
	{"What are your opening hours?", "when una dey open", "are you open today"},
	{"Where is your shop?", "una location", "where una dey"},
	{"Can I return a wig?", "refund", "I wan return am"},
	{"Do you revamp old wigs?", "wash and revamp", "abeg fit fix my old wig"},
}

func knows(t *testing.T, shop [][]string) *Knowledge {
	t.Helper()
	var faqs []domain.FAQ
	for n, wordings := range shop {
		faqs = append(faqs, domain.FAQ{ID: domain.FAQID(fmt.Sprint("f", n)), Number: n + 1, Questions: wordings, Enabled: true})
	}
	k, err := NewKnowledge(1, faqs)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFAQsAboutDifferentThingsDoNotClash(t *testing.T) {
	for n, wordings := range hairShop {
		if wording, clash, clashes := knows(t, hairShop[:n]).Clashing(domain.FAQ{}, domain.FAQ{Questions: wordings}); clashes {
			t.Errorf("%q of %q is taken for %q (%.2f)", wording, wordings[0], clash.Question, clash.Confidence)
		}
	}
}

func TestWhatIsThereAlreadyClashes(t *testing.T) {
	k := knows(t, hairShop)
	revamp := k.All[7]
	more := func(wordings ...string) domain.FAQ {
		f := revamp
		f.Questions = append(append([]string{}, f.Questions...), wordings...)
		return f
	}
	for name, c := range map[string]struct {
		before, after domain.FAQ
		with          domain.FAQID
	}{
		"a new FAQ about the same":             {domain.FAQ{}, domain.FAQ{Questions: []string{"What is the price of bone straight?", "bone straight how much"}}, "f0"},
		"one with a single wording":            {domain.FAQ{}, domain.FAQ{Questions: []string{"Where una shop dey?"}}, "f5"},
		"a new one that shares a word":         {domain.FAQ{}, domain.FAQ{Questions: []string{"How fast do you deliver?"}}, ""},
		"the same as a wording more":           {revamp, more("How fast do you deliver?"), "f1"},
		"another's own wording":                {domain.FAQ{}, domain.FAQ{Questions: []string{"Do you buy used hair?", "REFUND"}}, "f6"},
		"a wording more that is another's":     {revamp, more("can I pay when it reaches me"), "f3"},
		"one that was there before":            {more("can I pay when it reaches me"), more("can I pay when it reaches me"), ""},
		"a wording more that is nearer to its": {revamp, more("abeg fit wash my wig"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, clash, _ := k.Clashing(c.before, c.after)
			if domain.FAQID(clash.FAQID) != c.with {
				t.Errorf("it is taken for %q, not %q", clash.FAQID, c.with)
			}
		})
	}
}
