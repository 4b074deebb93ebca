package match

import "math"

// Label is a past message of which people showed whether the FAQ the matcher put first was the one meant.
type Label struct {
	LogOdds float64 // of that FAQ when the message was decided, before any shift
	Right   bool
}

// LeastLabels is how many labels a shift is fitted on at least.
const LeastLabels = 50

const (
	// shiftDoubt keeps the shift small while labels are few: the log-odds move as if this many labels of even odds agreed
	// with zero.
	shiftDoubt = 16.0
	// mostCareful bounds the shift: .80 then asks for what counts as .92 without it.
	mostCareful = -1.0
)

// Fit is a shift and what speaks for it.
type Fit struct {
	Shift    float64 // for Index.MatchShifted; never above zero
	Labels   int     // that were counted
	Right    int     // of those
	Expected float64 // of those, by the sum of their probabilities
}

// FitShift is the change of log-odds that keeps a workspace's confidences honest. Labels below the threshold of choices are
// not counted: they say little about .80. With fewer than LeastLabels the shift is zero.
//
// It makes a workspace more careful, never less. Labels are of messages the bot was not sure of, and people judge more readily
// what an FAQ answers than what none does: that speaks for the bot. A shift upwards would be an artefact of it (when measured,
// up to a quarter of the precision was lost to it), and one downwards is rather too small.
func FitShift(labels []Label) Fit {
	var counted []Label
	var fit Fit
	for _, l := range labels {
		if l.LogOdds < logit(DefaultThresholds().Choices) {
			continue
		}
		counted = append(counted, l)
		fit.Labels++
		fit.Expected += probability(l.LogOdds)
		if l.Right {
			fit.Right++
		}
	}
	if fit.Labels >= LeastLabels {
		fit.Shift = likeliest(counted)
	}
	return fit
}

// likeliest maximises the labels' likelihood by Newton's method, with shiftDoubt as if seen before, and gives one standard error
// back: the workspace becomes as careful as the labels are sure of.
func likeliest(labels []Label) float64 {
	shift, curve := 0.0, 0.0
	for range 50 {
		gradient := shift * shiftDoubt / 4
		curve = shiftDoubt / 4
		for _, l := range labels {
			p := probability(l.LogOdds + shift)
			gradient += p
			if l.Right {
				gradient--
			}
			curve += p * (1 - p)
		}
		shift = max(-4, min(4, shift-gradient/curve))
	}
	shift = max(mostCareful, min(0, shift+1/math.Sqrt(curve)))
	return math.Round(1000*shift) / 1000 // the same on every machine
}

func probability(logOdds float64) float64 { return 1 / (1 + math.Exp(-logOdds)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
