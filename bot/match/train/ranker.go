package main

import (
	"cmp"
	"math"
	"slices"

	"switchboard.example/bot/match"
)

// contest is one answerable message: the parts of the right FAQ first, then of its likeliest rivals.
type contest struct {
	parts  [][]float64
	weight float64
}

// rivalsKept is how many wrong FAQs a contest remembers.
const rivalsKept = 7

// newContest picks from the evidence; ok is false when the right FAQ is not in the workspace.
func newContest(e match.Evidence, right string, weight float64) (contest, bool) {
	at := slices.Index(e.FAQs, right)
	if at < 0 || len(e.FAQs) < 2 {
		return contest{}, false
	}
	order := make([]int, 0, len(e.FAQs))
	for i := range e.FAQs {
		if i != at {
			order = append(order, i)
		}
	}
	half := len(e.Parts[0]) / 2
	strength := func(i int) float64 {
		p := e.Parts[i]
		return p[0] + p[4] + p[6] + p[half] + p[half+4] + p[half+6]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(strength(b), strength(a)) })
	c := contest{parts: [][]float64{e.Parts[at]}, weight: weight}
	for _, i := range order[:min(rivalsKept, len(order))] {
		c.parts = append(c.parts, e.Parts[i])
	}
	return c, true
}

// fitRanker maximises the likelihood that the right FAQ wins, by gradient ascent with momentum. Parts may
// not count against a candidate: a negative weight would only mirror a stronger neighbour.
func fitRanker(contests []contest) map[string]float64 {
	names := match.PartNames()
	w, speed := make([]float64, len(names)), make([]float64, len(names))
	for i := range w {
		w[i] = 2
	}
	for range 400 {
		g := likelihoodGradient(contests, w)
		for i := range w {
			speed[i] = 0.9*speed[i] + 1.5*(g[i]-1e-4*w[i])
			w[i] = max(w[i]+speed[i], 0)
		}
	}
	out := map[string]float64{}
	for i, name := range names {
		out[name] = w[i]
	}
	return out
}

func likelihoodGradient(contests []contest, w []float64) []float64 {
	g := make([]float64, len(w))
	total := 0.0
	var odds [rivalsKept + 1]float64
	for _, c := range contests {
		sum, right := 0.0, dot(w, c.parts[0])
		for i, p := range c.parts {
			odds[i] = math.Exp(dot(w, p) - right)
			sum += odds[i]
		}
		total += c.weight
		for i, p := range c.parts {
			for k := range g {
				g[k] += c.weight * odds[i] / sum * (c.parts[0][k] - p[k])
			}
		}
	}
	for k := range g {
		g[k] /= total
	}
	return g
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
