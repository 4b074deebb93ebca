package match

import "math"

// Label is a past message's confidence and whether the FAQ named with it was right, as people later showed.
type Label struct {
	Confidence float64
	Right      bool
}

// LeastLabels is how many labels a shift is fitted on at least.
const LeastLabels = 50

// shiftDoubt keeps the shift small while labels are few: the log-odds move as if this many labels agreed with zero.
const shiftDoubt = 4.0

// FitShift is the change of log-odds that makes a workspace's confidences honest: Workspace.Shift. The labels'
// confidences must have been computed with a shift of zero. Below LeastLabels it is zero.
func FitShift(labels []Label) float64 {
	if len(labels) < LeastLabels {
		return 0
	}
	shift := 0.0
	for range 30 {
		gradient, curve := shift*shiftDoubt/4, shiftDoubt/4
		for _, l := range labels {
			p := 1 / (1 + math.Exp(-logit(l.Confidence)-shift))
			gradient += p
			if l.Right {
				gradient--
			}
			curve += p * (1 - p)
		}
		shift = max(-4, min(4, shift-gradient/curve))
	}
	return shift
}

func logit(p float64) float64 {
	p = max(1e-6, min(1-1e-6, p))
	return math.Log(p / (1 - p))
}
