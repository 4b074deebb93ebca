package match

import (
	"math"
	"testing"
)

func TestPrudenceSpeaksOnlyNearAnAnswer(t *testing.T) {
	t.Parallel()
	for p, want := range map[float64]float64{0: 0, 0.35: 0.35, honestUpTo: honestUpTo, surelyRight: 0.80, 1: 1} {
		if got := prudent(p); math.Abs(got-want) > 1e-12 {
			t.Errorf("%.2f is said as %.3f, want %.2f", p, got, want)
		}
	}
	last := 0.0
	for i := range 1000 {
		p := float64(i+1) / 1000
		said := prudent(p)
		if said <= last || said > p {
			t.Errorf("%.3f is said as %.4f, after %.4f", p, said, last)
		}
		last = said
	}
}

func TestAShiftMovesTheLogOddsOfWhatIsSaid(t *testing.T) {
	t.Parallel()
	c := Calibration{Confidence: map[string]float64{"bias": math.Log(surelyRight / (1 - surelyRight))}}
	signs := make([]float64, len(SignNames()))
	for shift, want := range map[float64]float64{0: 0.80, -math.Log(4): 0.50, math.Log(2.25): 0.90} {
		if got := c.confidence(signs, shift); math.Abs(got-want) > 1e-9 {
			t.Errorf("a shift of %.2f makes .80 %.3f, want %.2f", shift, got, want)
		}
	}
}
