package match

import (
	"math"
	"testing"
)

func TestPrudenceSpeaksOnlyNearAnAnswer(t *testing.T) {
	t.Parallel()
	for _, depth := range []float64{0, 0.5, 1} {
		for p, want := range map[float64]float64{0: 0, 0.35: 0.35, honestUpTo: honestUpTo, surelyRight(depth): 0.80, 1: 1} {
			if got := prudent(p, depth); math.Abs(got-want) > 1e-12 {
				t.Errorf("%.2f is said as %.3f, want %.2f", p, got, want)
			}
		}
		last := 0.0
		for i := range 1000 {
			p := float64(i+1) / 1000
			said := prudent(p, depth)
			if said <= last || said > p {
				t.Errorf("%.3f is said as %.4f, after %.4f", p, said, last)
			}
			last = said
		}
	}
}

func TestFewWordingsAskForMorePrudence(t *testing.T) {
	t.Parallel()
	if few, many := prudent(0.89, 0), prudent(0.89, 1); few >= 0.80 || many <= 0.80 {
		t.Errorf(".89 is said as %.3f with one wording and %.3f with many", few, many)
	}
}

func TestAShiftMovesTheLogOddsOfWhatIsSaid(t *testing.T) {
	t.Parallel()
	c := Calibration{
		Answerable: map[string]float64{"bias": 100},
		First:      map[string]float64{"bias": math.Log(surelyRightFew / (1 - surelyRightFew))},
	}
	signs := make([]float64, len(SignNames()))
	for shift, want := range map[float64]float64{0: 0.80, -math.Log(4): 0.50, math.Log(2.25): 0.90} {
		if got := c.confidence(signs, 0, shift); math.Abs(got-want) > 1e-9 {
			t.Errorf("a shift of %.2f makes .80 %.3f, want %.2f", shift, got, want)
		}
	}
}

func TestAnAnswerNeedsBothThatOneFAQAnswersAndThatItIsTheFirst(t *testing.T) {
	t.Parallel()
	even := map[string]float64{"bias": 0}
	c := Calibration{Answerable: even, First: even}
	if got := c.confidence(make([]float64, len(SignNames())), 0, 0); math.Abs(got-0.25) > 1e-9 {
		t.Errorf("of two even chances .25 is left, not %.3f", got)
	}
}
