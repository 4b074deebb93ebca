package match_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"switchboard.example/bot/match"
)

// labelsAt are n labels of one probability, so many of them right.
func labelsAt(p float64, n, right int) []match.Label {
	var labels []match.Label
	for i := range n {
		labels = append(labels, match.Label{LogOdds: math.Log(p / (1 - p)), Right: i < right})
	}
	return labels
}

func TestAShiftFollowsTheLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		labels      []match.Label
		least, most float64
		why         string
	}{
		{labelsAt(0.6, 100, 60), -0.01, 0, "honest confidences are left alone"},
		{labelsAt(0.6, 100, 100), 0, 0, "a workspace whose labels are right is not less careful than the cap, which is as shipped"},
		{labelsAt(0.6, 100, 40), -0.8, -0.4, "over-confidence makes it more careful, a little less than the labels say"},
		{labelsAt(0.6, 100, 0), -1, -1, "a workspace that is only wrong is as careful as may be"},
		{labelsAt(0.6, 49, 0), 0, 0, "49 labels are not enough"},
		{append(labelsAt(0.1, 100, 0), labelsAt(0.6, 49, 0)...), 0, 0, "what is far below the choices says nothing about the answers"},
	} {
		if fit := match.FitShift(c.labels); fit.Shift < c.least || fit.Shift > c.most {
			t.Errorf("%s: the shift is %v", c.why, fit)
		}
	}
	if fit := match.FitShift(labelsAt(0.6, 100, 40)); fit.Labels != 100 || fit.Right != 40 || math.Abs(fit.Expected-60) > 1e-6 {
		t.Errorf("the fit does not say why: %+v", fit)
	}
}

func TestNoLabelsEverLetAWorkspaceAnswerMore(t *testing.T) {
	t.Parallel()
	index := newShop(t)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var labels []match.Label
		bent := 4*r.Float64() - 2 // how far the truth is from what was believed
		for range 40 + r.IntN(200) {
			z := 3*r.Float64() - 2
			labels = append(labels, match.Label{LogOdds: z, Right: r.Float64() < 1/(1+math.Exp(-z-bent))})
		}
		fit := match.FitShift(labels)
		if fit.Shift > 0 || fit.Shift < -1 {
			t.Fatalf("seed %d: a shift of %v", seed, fit.Shift)
		}
		if again := match.FitShift(labels); again != fit {
			t.Fatalf("seed %d: the same labels give %+v and %+v", seed, fit, again)
		}
		labels[r.IntN(len(labels))].Right = false
		if worse := match.FitShift(labels); worse.Shift > fit.Shift {
			t.Fatalf("seed %d: one more wrong makes it bolder: %v after %v", seed, worse.Shift, fit.Shift)
		}
		m := shopMessages()[r.IntN(len(shopMessages()))][0]
		before, after := index.Match(m), index.MatchShifted(m, fit.Shift)
		if after.Confidence > before.Confidence || rank(after.Decision) > rank(before.Decision) {
			t.Fatalf("seed %d: %q went from %s to %s with a shift of %v", seed, m, before.Decision, after.Decision, fit.Shift)
		}
		if after.FAQID != before.FAQID || after.Thresholds.Shift != fit.Shift {
			t.Fatalf("seed %d: the shift changed more than the confidence, or is not told: %+v", seed, after)
		}
	}
}

func rank(d match.Decision) int {
	return map[match.Decision]int{match.Fallback: 0, match.Choices: 1, match.Answer: 2}[d]
}

func TestAWordingIsAnsweredHoweverCarefulTheWorkspaceIs(t *testing.T) {
	t.Parallel()
	index, err := match.NewIndex(match.Workspace{FAQs: []match.FAQ{{ID: "fee", Questions: []string{"How much is delivery?"}, Enabled: true}}})
	if err != nil {
		t.Fatal(err)
	}
	if r := index.MatchShifted("how much is delivery", -1); r.Decision != match.Answer || !r.Exact {
		t.Fatalf("%+v", r)
	}
}
