package match_test

import (
	"math"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/bot/match"
)

// shopFAQs is a pharmacy of our own invention: twelve FAQs with three wordings each.
func shopFAQs() []match.FAQ {
	wordings := map[string][]string{}
	order := []string{
		"prescription", "delivery", "delivery_price", "opening", "where", "paying",
		"refund", "baby", "vaccines", "blood_pressure", "loyalty", "expired",
	}
	wordings["prescription"] = []string{"Do I need a prescription?", "Can I buy antibiotics without a doctor's note?", "Which drugs need doctor paper?"}
	wordings["delivery"] = []string{"Do you deliver medicine to my house?", "Can a rider bring my drugs to Surulere?", "Una dey deliver medicine come house?"}
	wordings["delivery_price"] = []string{"How much is the delivery fee?", "What do you charge to deliver?", "How much be delivery?"}
	wordings["opening"] = []string{"When do you open and close?", "Are you open at night or on Sundays?", "Which time una dey close?"}
	wordings["where"] = []string{"Where is the pharmacy?", "What is your address?", "Which side una dey?"}
	wordings["paying"] = []string{"How can I pay?", "Do you take card or bank transfer?", "Abeg send account number"}
	wordings["refund"] = []string{"Can I return a drug I bought?", "I was given the wrong medicine, can I get a refund?", "I fit return medicine?"}
	wordings["baby"] = []string{"Do you sell baby milk and diapers?", "Which baby formula do you have?", "Una get pampers?"}
	wordings["vaccines"] = []string{"Do you give vaccine injections?", "Can I get a yellow fever vaccination?", "Una dey give injection?"}
	wordings["blood_pressure"] = []string{"Can you check my blood pressure?", "Do you test blood sugar?", "I wan check my BP"}
	wordings["loyalty"] = []string{"Do you have a loyalty card or points?", "How do I earn points?", "Any discount for regular customer?"}
	wordings["expired"] = []string{"How do I know a drug is not expired?", "How can I check if a medicine is fake?", "Na original drugs una dey sell?"}
	faqs := make([]match.FAQ, 0, len(order))
	for _, id := range order {
		faqs = append(faqs, match.FAQ{ID: id, Questions: wordings[id], Enabled: true})
	}
	return faqs
}

func newShop(tb testing.TB) *match.Index {
	tb.Helper()
	return newIndex(tb, match.Workspace{FAQs: shopFAQs()})
}

func newIndex(tb testing.TB, w match.Workspace) *match.Index {
	tb.Helper()
	index, err := match.NewIndex(w)
	if err != nil {
		tb.Fatal(err)
	}
	return index
}

// shopMessages are what customers of that pharmacy may write; an empty id is not for any FAQ.
func shopMessages() [][2]string {
	return [][2]string{
		{"do i need prescription for amoxicillin", "prescription"},
		{"can i get antibiotics without prescription", "prescription"},
		{"una go collect doctor note before una sell am?", "prescription"},
		{"is a doctor's paper required", "prescription"},
		{"do you do home delivery", "delivery"},
		{"can you bring the medicine to my house in yaba", "delivery"},
		{"una fit send drugs come my house", "delivery"},
		{"do u deliver drugs", "delivery"},
		{"abeg rider fit bring am come", "delivery"},
		{"how much for delivery", "delivery_price"},
		{"wats the delivery fee pls", "delivery_price"},
		{"hw much be delivry to ikeja", "delivery_price"},
		{"what is the cost of delivery", "delivery_price"},
		{"what time do you open", "opening"},
		{"una dey open sunday?", "opening"},
		{"are u open at nite", "opening"},
		{"wen una dey close", "opening"},
		{"what are your opening hours", "opening"},
		{"where una dey", "where"},
		{"pls what is ur address", "where"},
		{"where is your shop located", "where"},
		{"wia una pharmacy dey", "where"},
		{"how do i pay", "paying"},
		{"can i pay with transfer", "paying"},
		{"drop aza", "paying"},
		{"do you accept cards", "paying"},
		{"acct number pls", "paying"},
		{"can i return the medicine", "refund"},
		{"you gave me wrong drug i want refund", "refund"},
		{"una give me wrong medicine", "refund"},
		{"i want my money back for this drug", "refund"},
		{"do you have baby milk", "baby"},
		{"una get diapers", "baby"},
		{"pampers dey?", "baby"},
		{"which baby formula una get", "baby"},
		{"yellow fever vaccine", "vaccines"},
		{"can i take vaccination there", "vaccines"},
		{"do you give injections", "vaccines"},
		{"can you check bp", "blood_pressure"},
		{"i want to check my blood sugar", "blood_pressure"},
		{"una fit test my blood presure", "blood_pressure"},
		{"do you have loyalty points", "loyalty"},
		{"how can i earn points", "loyalty"},
		{"discount for regular customers", "loyalty"},
		{"how do i know if it is expired", "expired"},
		{"is the medicine fake", "expired"},
		{"na original una dey sell", "expired"},
		{"who won the match yesterday", ""},
		{"i love you", ""},
		{"can you lend me 50k", ""},
		{"nepa don take light", ""},
		{"what is the dollar rate", ""},
		{"do you repair phones", ""},
		{"my landlord don vex", ""},
		{"send me your sister's number", ""},
		{"are you hiring", ""},
		{"how i go take travel to canada", ""},
		{"weather today", ""},
		{"see this funny video", ""},
		{"how do i cook egusi", ""},
		{"abeg vote for my daughter", ""},
		{"una see that film", ""},
	}
}

func TestAnswersOfASmallShopAreTrustworthy(t *testing.T) {
	t.Parallel()
	index := newShop(t)
	var given, right, first, asked, strayed, solved int
	for _, m := range shopMessages() {
		r := index.Match(m[0])
		answered := r.Decision == match.Answer
		if m[1] != "" {
			asked++
			first += count(r.FAQID == m[1])
			solved += count(answered && r.FAQID == m[1] || offers(r, m[1]))
		}
		given += count(answered)
		right += count(answered && r.FAQID == m[1])
		strayed += count(answered && m[1] == "")
		if answered && r.FAQID != m[1] {
			t.Logf("%q answered with %s at %.2f, want %q", m[0], r.FAQID, r.Confidence, m[1])
		}
	}
	t.Logf("%d answerable: %d right FAQ first, %d solved; %d answers, %d right, %d off-topic", asked, first, solved, given, right, strayed)
	if given*2 < asked {
		t.Errorf("%d of %d answerable messages answered, want half at least", given, asked)
	}
	if float64(right) < 0.95*float64(given) {
		t.Errorf("%d of %d answers right, want 95 %%", right, given)
	}
	if float64(first) < 0.88*float64(asked) || float64(solved) < 0.8*float64(asked) {
		t.Errorf("of %d: %d right FAQ first (want 88 %%), %d solved (want 80 %%)", asked, first, solved)
	}
	if strayed > 0 {
		t.Errorf("%d off-topic messages answered", strayed)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func offers(r match.Result, id string) bool {
	for _, c := range r.Choices() {
		if c.FAQID == id {
			return true
		}
	}
	return false
}

func TestAWordingIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	index := newShop(t)
	for _, f := range shopFAQs() {
		for _, q := range f.Questions {
			r := index.Match("Pls " + q + "!!")
			if !r.Exact || r.Decision != match.Answer || r.FAQID != f.ID || r.Confidence != 1 {
				t.Errorf("%q: %s %s at %.2f, exact %v", q, r.Decision, r.FAQID, r.Confidence, r.Exact)
			}
		}
	}
}

func TestAWordingOfTwoFAQsIsNeverExact(t *testing.T) {
	t.Parallel()
	faqs := append(shopFAQs(), match.FAQ{ID: "twin", Questions: []string{"What is your address?"}, Enabled: true})
	r := newIndex(t, match.Workspace{FAQs: faqs}).Match("what is your address")
	if r.Exact {
		t.Errorf("answered %s as exact", r.FAQID)
	}
}

func TestCandidatesSayWhyTheyWereConsidered(t *testing.T) {
	t.Parallel()
	r := newShop(t).Match("pls hw much to deliver drugs")
	if len(r.Candidates) != 5 {
		t.Fatalf("%d candidates, want 5", len(r.Candidates))
	}
	seen := map[string]bool{}
	for i, c := range r.Candidates {
		if c.Question == "" || seen[c.FAQID] || i > 0 && c.Score > r.Candidates[i-1].Score {
			t.Errorf("candidate %d is %+v after %+v", i, c, r.Candidates[max(i-1, 0)])
		}
		seen[c.FAQID] = true
	}
	if r.Margin != r.Confidence-r.Candidates[1].Score {
		t.Errorf("margin %v of confidence %v over %v", r.Margin, r.Confidence, r.Candidates[1].Score)
	}
	if len(r.Candidates[0].Matched) == 0 {
		t.Errorf("no matched words for %+v", r.Candidates[0])
	}
}

// longerMessages are the messages as they are and with more said, for tests that need many.
func longerMessages() []string {
	var out []string
	for _, m := range shopMessages() {
		out = append(out, m[0], "my sister asked me "+m[0], m[0]+" this weekend")
	}
	return out
}

func TestOnlyWhenSureRaisesTheBar(t *testing.T) {
	t.Parallel()
	loose, strict := newShop(t), shopFAQs()
	for i := range strict {
		strict[i].OnlyWhenSure = true
	}
	sure := newIndex(t, match.Workspace{FAQs: strict})
	careful := newIndex(t, match.Workspace{FAQs: shopFAQs(), Careful: true})
	held := 0
	for _, text := range longerMessages() {
		a, b, c := loose.Match(text), sure.Match(text), careful.Match(text)
		if a.Confidence >= 0.8 && a.Confidence < 0.9 && !a.Exact {
			held++
			if a.Decision != match.Answer || b.Decision != match.Choices || c.Decision != match.Choices {
				t.Errorf("%q at %.2f: %s, only when sure %s, careful %s", text, a.Confidence, a.Decision, b.Decision, c.Decision)
			}
		}
	}
	if held == 0 {
		t.Error("no message fell between the thresholds: the test shows nothing")
	}
}

func TestNumbersAloneAskNothing(t *testing.T) {
	t.Parallel()
	x := newIndex(t, match.Workspace{FAQs: shopFAQs()})
	for _, text := range []string{"2", "4", " 3. ", "1500", "2 2"} {
		if r := x.Match(text); r.Decision != match.Fallback || r.Confidence != 0 {
			t.Errorf("%q is taken for %s (%.2f, %s)", text, r.FAQID, r.Confidence, r.Decision)
		}
	}
}

func TestDisabledFAQsAreNotMatched(t *testing.T) {
	t.Parallel()
	faqs := shopFAQs()
	faqs[0].Enabled = false
	r := newIndex(t, match.Workspace{FAQs: faqs}).Match("Do I need a prescription?")
	for _, c := range r.Candidates {
		if c.FAQID == "prescription" {
			t.Error("a disabled FAQ is a candidate")
		}
	}
}

// TestAnFAQWithManyWordingsDoesNotTakeWhatNobodyKnows: what an FAQ has learnt must not make it the answer to strange words.
func TestAnFAQWithManyWordingsDoesNotTakeWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	faqs := shopFAQs()
	for _, message := range shopMessages() {
		for _, manners := range []string{"", "in lagos", "at abuja", "for ibadan", "inside jos", "around kano"} {
			if message[1] == "delivery" {
				faqs[1].Questions = append(faqs[1].Questions, message[0]+" "+manners)
			}
		}
	}
	index := newIndex(t, match.Workspace{FAQs: faqs})
	for _, text := range []string{"zorbalin", "kwashi tumbrel veg dokra", "mosuft haxbi kordel wep"} {
		if r := index.Match(text); r.Decision != match.Fallback {
			t.Errorf("%q: %s, %s with %.2f", text, r.Decision, r.FAQID, r.Confidence)
		}
	}
}

func TestAnEmptyWorkspaceHandsOver(t *testing.T) {
	t.Parallel()
	for _, faqs := range [][]match.FAQ{nil, {{ID: "x", Enabled: true}}, {{ID: "x", Questions: []string{"!!!"}, Enabled: true}}} {
		r := newIndex(t, match.Workspace{FAQs: faqs}).Match("how much is delivery")
		if r.Decision != match.Fallback || r.FAQID != "" || len(r.Candidates) != 0 {
			t.Errorf("%v: %+v", faqs, r)
		}
	}
}

func TestASingleFAQIsMatched(t *testing.T) {
	t.Parallel()
	index := newIndex(t, match.Workspace{FAQs: shopFAQs()[1:2]})
	if r := index.Match("do you deliver medicine to my house please"); r.FAQID != "delivery" || r.Decision != match.Answer {
		t.Errorf("%+v", r)
	}
}

func TestDismissedMessagesSilenceTheirLikes(t *testing.T) {
	t.Parallel()
	text := "how much is delivery of a baby at your hospital"
	before := newShop(t).Match(text)
	if before.Decision == match.Fallback {
		t.Fatalf("%+v is already silent: the test shows nothing", before)
	}
	w := match.Workspace{FAQs: shopFAQs(), Dismissed: []string{"how much is baby delivery at the hospital"}}
	index := newIndex(t, w)
	if r := index.Match(text); r.Decision == match.Answer {
		t.Errorf("after dismissal: %s, dismissed %v", r.Decision, r.Dismissed)
	}
	if r := index.Match("how much is the delivery fee"); r.Decision != match.Answer {
		t.Errorf("the FAQ's own wording: %+v", r)
	}
}

func TestANegativeSpeaksAgainstItsOwnFAQOnly(t *testing.T) {
	t.Parallel()
	faqs := shopFAQs()
	faqs[2].Negatives = []string{"how much did the delivery rider steal"}
	index := newIndex(t, match.Workspace{FAQs: faqs})
	if r := index.Match("how much did the delivery rider steal"); r.Decision == match.Answer && r.FAQID == "delivery_price" {
		t.Errorf("answered all the same: %+v", r)
	}
	if r := index.Match("can a rider bring my drugs"); r.FAQID != "delivery" || r.Dismissed {
		t.Errorf("another FAQ suffers: %+v", r)
	}
}

func TestTheOwnersWordsAreRead(t *testing.T) {
	t.Parallel()
	text := "tufiakwa abeg"
	index := newIndex(t, match.Workspace{FAQs: shopFAQs(), Words: map[string]string{"tufiakwa": "delivery fee"}})
	if r := newShop(t).Match(text); r.Decision == match.Answer {
		t.Fatalf("known without being taught: %+v", r)
	}
	if r := index.Match(text); r.FAQID != "delivery_price" {
		t.Errorf("%+v", r)
	}
}

func TestAClashNamesTheOtherFAQ(t *testing.T) {
	t.Parallel()
	index := newShop(t)
	got, ok := index.Clash("delivery", "how much is delivery fee")
	if !ok || got.FAQID != "delivery_price" || got.Question == "" {
		t.Errorf("%+v %v", got, ok)
	}
	if got, ok := index.Clash("delivery_price", "how much is delivery fee"); ok {
		t.Errorf("an FAQ clashes with itself: %+v", got)
	}
	if got, ok := index.Clash("", "Do you sell bicycles on credit?"); ok {
		t.Errorf("a new subject clashes: %+v", got)
	}
}

func TestTheSameWorkspaceAndTextGiveTheSameResult(t *testing.T) {
	t.Parallel()
	first := newShop(t)
	for range 3 {
		again := newShop(t)
		for _, m := range shopMessages() {
			if diff := cmp.Diff(first.Match(m[0]), again.Match(m[0])); diff != "" {
				t.Fatalf("%q differs:\n%s", m[0], diff)
			}
		}
	}
}

func TestAnIndexServesManyAtOnce(t *testing.T) {
	t.Parallel()
	index := newShop(t)
	want := map[string]match.Result{}
	for _, m := range shopMessages() {
		want[m[0]] = index.Match(m[0])
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for text, r := range want {
				if diff := cmp.Diff(r, index.Match(text)); diff != "" {
					t.Errorf("%q differs:\n%s", text, diff)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzMatch(f *testing.F) {
	index := newShop(f)
	for _, m := range shopMessages() {
		f.Add(m[0])
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := index.Match(text)
		if math.IsNaN(r.Confidence) || r.Confidence < 0 || r.Confidence > 1 {
			t.Errorf("confidence %v for %q", r.Confidence, text)
		}
	})
}
