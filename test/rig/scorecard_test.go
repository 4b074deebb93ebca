package rig_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

func TestAMustThatIsMissedIsAnError(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, one := range []struct {
		limit    rig.Limit
		measured float64
		missed   bool
	}{
		{rig.HalfOpen, 45, false},
		{rig.HalfOpen, 45.01, true},
		{rig.HalfOpen, nan, true}, // a figure nobody measured proves nothing
		{rig.Lost, 0, false},
		{rig.Lost, 1, true},
		{rig.Exits, rig.CountOf(0, 100), false},
		{rig.Exits, rig.CountOf(0, 0), true}, // no frame was sent
		{rig.Delivered, 99.01, false},
		{rig.Delivered, 99, true}, // more than 99 %
		{rig.Delivered, 98.9, true},
		{rig.Attempts, 100, false},
		{rig.Attempts, rig.Share(0, 0), true},
		{rig.Back, rig.Seconds(nil, 0.99), true},
		{rig.PerSession, rig.Slope([]float64{100}, []float64{5}), true},
	} {
		var card rig.Scorecard
		card.Add(one.limit, one.measured, "")
		if err := card.Missed(); (err != nil) != one.missed {
			t.Errorf("%s at %v: %v", one.limit.What, one.measured, err)
		}
		var told rig.Scorecard
		told.AddIf(false, one.limit, one.measured, "")
		if err := told.Missed(); err != nil {
			t.Errorf("%s was only told: %v", one.limit.What, err)
		}
	}
}

func TestAFigureStandsBesideItsLimits(t *testing.T) {
	t.Parallel()
	var card rig.Scorecard
	card.Add(rig.Restart, 3.25, "500 lines")
	card.Add(rig.Restart, 2.5, "")
	card.Add(rig.Attempts, 94.2, "")
	card.Tell(rig.Return, math.NaN(), "")
	var out strings.Builder
	card.Print(&out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")[1:]
	for i, want := range [][]string{
		{"3.25 s", "≤ 4 s", "≤ 2.50 s", "must met (500 lines)"}, {"2.50 s", "aim met"}, {"94.20 %", "> 95 %", "MISSED"}, {"not measured", "not judged"},
	} {
		for _, word := range want {
			if !strings.Contains(lines[i], word) {
				t.Errorf("%q lacks %q", lines[i], word)
			}
		}
	}
}

func TestSlopeAndQuantilesAreWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	if got := rig.Slope([]float64{100, 500, 1000}, []float64{50 + 100*2, 50 + 500*2, 50 + 1000*2}); math.Abs(got-2) > 1e-9 {
		t.Errorf("slope %v", got)
	}
	var took []time.Duration
	for i := 100; i >= 1; i-- {
		took = append(took, time.Duration(i)*time.Second)
	}
	for share, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100, 0.001: 1} {
		if got := rig.Seconds(took, share); got != want {
			t.Errorf("%v of all: %v, not %v", share, got, want)
		}
	}
}
