package match

import (
	"math"
	"testing"
)

func TestWordsMeetTheirNearestBothWays(t *testing.T) {
	t.Parallel()
	x := &Index{lexemes: []lexeme{{rarity: 1}, {rarity: 3}}}
	// Two words in the message, the first equal to the wording's first word, the second half like its second.
	a := alignment{x: x, rows: [][]float32{{1, 0}, {0, 0.5}}, rarities: []float32{1, 1}, total: 2}
	got := a.likeness([]int32{0, 1})
	there, back := 1.5/2.0, (1*1+3*0.5)/4.0
	if want := math.Sqrt(there * back); math.Abs(float64(got)-want) > 1e-6 {
		t.Errorf("likeness %.4f, want %.4f", got, want)
	}
	if got := a.likeness(nil); got != 0 {
		t.Errorf("a wording without words is %.2f like the message", got)
	}
}

func TestUnrelatedWordsAreNotAlike(t *testing.T) {
	t.Parallel()
	if got := sameness(leastCosine - 0.1); got != 0 {
		t.Errorf("unrelated words are %.2f alike", got)
	}
	if got := sameness(1); got >= 1 {
		t.Errorf("different words are as good as equal ones: %.2f", got)
	}
}

func TestSynonymsMeetWithoutASharedWord(t *testing.T) {
	t.Parallel()
	index, err := NewIndex(Workspace{FAQs: []FAQ{
		{ID: "price", Enabled: true, Questions: []string{"What is the cost?"}},
		{ID: "place", Enabled: true, Questions: []string{"Where is the shop?"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e := index.Evidence("price")
	if e.Best() != "price" || e.parts[0][partSoft] <= e.parts[1][partSoft] {
		t.Errorf("%q is best, %.2f against %.2f", e.Best(), e.parts[0][partSoft], e.parts[1][partSoft])
	}
}

func TestAnFAQsCentreHasLengthOne(t *testing.T) {
	t.Parallel()
	index, err := NewIndex(Workspace{FAQs: []FAQ{
		{ID: "near", Enabled: true, Questions: []string{"How much is delivery?", "What is the delivery fee?", "delivery cost"}},
		{ID: "far", Enabled: true, Questions: []string{"Where is your shop?", "My screen is cracked", "Do you hire teachers?"}},
		{ID: "lone", Enabled: true, Questions: []string{"Do you open on Sunday?"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for f := range index.faqs {
		c := index.centre(int32(f))
		if length := dot(c, c); math.Abs(float64(length)-1) > 1e-3 {
			t.Errorf("centre %d has length %.3f", f, length)
		}
	}
}

func TestManyWordingsWeighOtherPartsThanFew(t *testing.T) {
	t.Parallel()
	for wordings, want := range map[int]float64{1: 0, 10: 1, 30: 1} {
		x := &Index{faqs: make([]entry, 4), questions: 4 * wordings}
		if got := x.measureDepth(); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d wordings: depth %.2f, want %.2f", wordings, got, want)
		}
	}
	x := &Index{depth: 0.25}
	if got := x.byDepth([]float64{4}); got[0] != 3 || got[1] != 1 {
		t.Errorf("split into %v", got)
	}
}
