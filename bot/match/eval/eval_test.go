package eval_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

// barber is a small set of our own.
func barber() *eval.Set {
	return &eval.Set{
		Name: "barber",
		FAQs: []eval.FAQ{
			{ID: "price", Questions: []string{"How much is a haircut?", "What do you charge to barb hair?"}},
			{ID: "home", Questions: []string{"Do you do home service?", "Can you come to my house?"}},
			{ID: "dye", Questions: []string{"Do you dye hair?", "Can I colour my hair?"}},
		},
		Queries: []eval.Query{
			{Text: "How much is a haircut", FAQID: new("price")},
			{Text: "can u come my house", FAQID: new("home")},
			{Text: "i wan dye my hair", FAQID: new("dye")},
			{Text: "thanks", FAQID: nil},
			{Text: "who is the president", FAQID: nil},
			{Text: "una dey do home service", FAQID: new("home")},
		},
	}
}

func TestPredictionsAreLinesForTheScorer(t *testing.T) {
	t.Parallel()
	predictions, err := eval.Predict(barber(), 2)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := eval.Write(&out, predictions); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 6 || lines[0] != `{"faq_id":"price","confidence":1,"best":"price"}` {
		t.Errorf("lines:\n%s", out.String())
	}
	if predictions[3].FAQID != nil || predictions[3].Confidence != 0 {
		t.Errorf("small talk was matched: %+v", predictions[3])
	}
	if f := eval.Measure(barber(), predictions); f.Top1 != 1 || f.OffTopic != 0 {
		t.Errorf("%+v", f)
	}
}

func TestFiguresCountWhatTheySay(t *testing.T) {
	t.Parallel()
	predictions := []eval.Prediction{
		{FAQID: new("price"), Best: new("price"), Confidence: 0.9},
		{FAQID: new("dye"), Best: new("dye"), Confidence: 0.8},
		{Best: new("price"), Confidence: 0.5, Choices: []string{"price", "dye"}},
		{Confidence: 0},
		{FAQID: new("price"), Best: new("price"), Confidence: 0.85},
		{Best: new("home"), Confidence: 0.2},
	}
	got := eval.Measure(barber(), predictions)
	want := eval.Figures{
		Top1: 0.5, Coverage: 0.25, Precision: 1.0 / 3, Answered: 0.5, Wrong: 0.25, OffTopic: 0.5, Solved: 0.5,
		ECE: (0.1 + 1.65 + 0.5 + 0 + 0.8) / 6,
	}
	got.ECE, want.ECE = math.Round(got.ECE*1e9), math.Round(want.ECE*1e9)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

func TestFewerWordingsAreUsedInOrder(t *testing.T) {
	t.Parallel()
	s := barber()
	for k, want := range map[int]int{0: 2, 1: 1, 2: 2, 9: 2} {
		got := s.Workspace(k).FAQs[0].Questions
		if diff := cmp.Diff(s.FAQs[0].Questions[:want], got); diff != "" {
			t.Errorf("k=%d (-want +got):\n%s", k, diff)
		}
	}
}

func TestCorrectionsTeachTheRestOfTheMessages(t *testing.T) {
	t.Parallel()
	model, err := match.ShippedModel()
	if err != nil {
		t.Fatal(err)
	}
	s := barber()
	s.Queries = nil
	for range 20 {
		s.Queries = append(s.Queries, eval.Query{Text: "gbam gbam zzz", FAQID: new("dye")})
	}
	lesson := eval.Teach(model, s, eval.Lessons{Wordings: 1, Corrections: 5, Seed: 1})
	rest, predictions := lesson.Rest()
	if lesson.Corrected != 1 || len(rest.Queries) != 10 || len(lesson.Predictions) != 20 {
		t.Fatalf("%d corrections, %d messages left; one lesson should do", lesson.Corrected, len(rest.Queries))
	}
	if f := eval.Measure(rest, predictions); f.Answered != 1 || f.Top1 != 1 {
		t.Errorf("after the lesson: %+v", f)
	}
	if len(s.FAQs[2].Questions) != 2 {
		t.Error("the set itself was changed")
	}
}

func TestWhatIsJudgedMakesTheRestMoreCareful(t *testing.T) {
	t.Parallel()
	model, err := match.ShippedModel()
	if err != nil {
		t.Fatal(err)
	}
	s := barber()
	s.Queries = nil
	for i := range 240 { // unclear, and never meant for an FAQ
		s.Queries = append(s.Queries, eval.Query{Text: fmt.Sprint("can you dye or cut at home, number ", i)})
	}
	plain := eval.Teach(model, s, eval.Lessons{Wordings: 1, Corrections: 100, Seed: 1})
	taught := eval.Teach(model, s, eval.Lessons{Wordings: 1, Corrections: 100, Shift: true, Seed: 1})
	if plain.Fit != (match.Fit{}) {
		t.Errorf("a shift nobody asked for: %+v", plain.Fit)
	}
	offered := 0
	for _, p := range plain.Predictions {
		if len(p.Choices) > 0 {
			offered++
		}
	}
	if offered < 2*match.LeastLabels {
		t.Fatalf("only %d unclear messages: the set tests nothing", offered)
	}
	_, before := plain.Rest()
	_, after := taught.Rest()
	if taught.Fit.Shift >= 0 || taught.Fit.Right != 0 || after[0].Confidence >= before[0].Confidence {
		t.Errorf("%+v: from %v to %v", taught.Fit, before[0].Confidence, after[0].Confidence)
	}
}

func TestAMissingSetIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := eval.Load(t.TempDir() + "/none.json"); err == nil || !strings.Contains(err.Error(), "load set") {
		t.Errorf("err = %v", err)
	}
}

func TestMisspellingTouchesLongerWordsOnly(t *testing.T) {
	t.Parallel()
	s := barber()
	wrong := s.Misspelled(1, 1)
	if diff := cmp.Diff(wrong, s.Misspelled(1, 1)); diff != "" {
		t.Error("the same seed misspells differently")
	}
	if got, want := wrong.Queries[3].Text, s.Queries[3].Text; got == want {
		t.Errorf("%q was left alone", want)
	}
	if got := strings.Fields(wrong.Queries[1].Text); got[0] != "can" || got[1] != "u" || got[2] != "come" {
		t.Errorf("short words were changed: %v", got)
	}
	if diff := cmp.Diff(s.Queries, s.Misspelled(0, 1).Queries); diff != "" {
		t.Errorf("nothing was to be misspelled (-want +got):\n%s", diff)
	}
}

func TestShopsAreReadFromText(t *testing.T) {
	t.Parallel()
	sets, err := eval.ReadShops("# made up\nshop x\nprice: a | b | c | d\n-: e\n")
	want := []*eval.Set{{
		Name: "x", FAQs: []eval.FAQ{{ID: "price", Questions: []string{"a", "b", "c"}}},
		Queries: []eval.Query{{Text: "d", FAQID: new("price")}, {Text: "e"}},
	}}
	if diff := cmp.Diff(want, sets); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, broken := range []string{"price: a", "shop x\nprice a"} {
		if _, err := eval.ReadShops(broken); err == nil || !strings.Contains(err.Error(), "line") {
			t.Errorf("%q: %v", broken, err)
		}
	}
}
