package main

import (
	"math"
	"slices"
	"strings"

	"switchboard.example/bot/match"
)

// sample is one message's signs, whether any FAQ answers it, whether the first one does, and how much the sample counts.
type sample struct {
	signs      []float64
	answerable bool
	right      bool
	weight     float64
}

// ridge keeps weights of the standardised signs small.
const ridge = 2e-4

// fitConfidence asks two questions, because what tells that no FAQ answers is not what tells two near FAQs apart: of every message
// whether an FAQ answers, and of those that one answers whether it is the first.
func fitConfidence(samples []sample) (answerable, first map[string]float64) {
	answered := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return !s.answerable })
	return fitQuestion(samples, func(s sample) bool { return s.answerable }, "mass"),
		fitQuestion(answered, func(s sample) bool { return s.right }, "")
}

// fitQuestion fits a logistic regression by Newton's method on standardised signs and returns the weights
// for the signs as they are. Signs that speak for the first FAQ never count against it: FAQs the vectors know well show
// more of them than those the weights are fitted on, and must not look doubtful for it. Nor do words nobody knows count
// for it: those of the fit are rare there, because the background was counted on its own messages. The sign without has no say:
// mass tells near FAQs apart, but on live traffic not whether there is an answer.
func fitQuestion(samples []sample, yes func(sample) bool, without string) map[string]float64 {
	names := match.SignNames()
	mean, spread := standardise(samples, len(names))
	w := make([]float64, len(names)+1) // the last is the constant
	for range 25 {
		gradient, hessian := derivatives(samples, yes, mean, spread, w)
		improve(w, gradient, hessian, names, without)
	}
	out := map[string]float64{"bias": w[len(names)]}
	for i, name := range names {
		out[name] = w[i] / spread[i]
		out["bias"] -= w[i] * mean[i] / spread[i]
	}
	return out
}

// bounded keeps a sign's weight on its side: only these may count against the first FAQ, and unknown words only so.
func bounded(name string, weight float64) float64 {
	switch {
	case strings.HasPrefix(name, "length"), strings.HasPrefix(name, "one"):
		return weight
	case strings.HasPrefix(name, "unknown"):
		return min(weight, 0)
	default:
		return max(weight, 0)
	}
}

// improve moves w to the best of the parabola at w, coordinate by coordinate, within the bounds.
func improve(w, gradient []float64, hessian [][]float64, names []string, without string) {
	slope := slices.Clone(gradient)
	for range 60 {
		for i := range w {
			next := w[i] - slope[i]/hessian[i][i]
			switch {
			case i == len(names):
			case without != "" && strings.HasPrefix(names[i], without):
				next = 0
			default:
				next = bounded(names[i], next)
			}
			change := next - w[i]
			w[i] = next
			for j := range slope {
				slope[j] += hessian[j][i] * change
			}
		}
	}
}

func standardise(samples []sample, n int) (mean, spread []float64) {
	mean, spread = make([]float64, n), make([]float64, n)
	total := 0.0
	for _, s := range samples {
		total += s.weight
		for i, v := range s.signs {
			mean[i] += s.weight * v
			spread[i] += s.weight * v * v
		}
	}
	for i := range mean {
		mean[i] /= total
		spread[i] = math.Sqrt(max(spread[i]/total-mean[i]*mean[i], 1e-9))
	}
	return mean, spread
}

func derivatives(samples []sample, yes func(sample) bool, mean, spread, w []float64) (gradient []float64, hessian [][]float64) {
	n := len(w)
	gradient, hessian = make([]float64, n), make([][]float64, n)
	total := 0.0
	for i := range hessian {
		hessian[i] = make([]float64, n)
	}
	v := make([]float64, n)
	for _, s := range samples {
		z := w[n-1]
		v[n-1] = 1
		for i, sign := range s.signs {
			v[i] = (sign - mean[i]) / spread[i]
			z += w[i] * v[i]
		}
		p := 1 / (1 + math.Exp(-z))
		y := 0.0
		if yes(s) {
			y = 1
		}
		total += s.weight
		addOuter(gradient, hessian, v, s.weight*(p-y), s.weight*p*(1-p))
	}
	for i := range n {
		penalty := ridge * total
		if i == n-1 {
			penalty = 1e-9 * total
		}
		gradient[i] += penalty * w[i]
		hessian[i][i] += penalty
	}
	return gradient, hessian
}

func addOuter(gradient []float64, hessian [][]float64, v []float64, slope, curve float64) {
	for i := range v {
		gradient[i] += slope * v[i]
		for j := range v {
			hessian[i][j] += curve * v[i] * v[j]
		}
	}
}
