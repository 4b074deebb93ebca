package main

import (
	"math"

	"switchboard.example/bot/match"
)

// sample is one message's signs, whether the first FAQ was right, and how much the sample counts.
type sample struct {
	signs  []float64
	right  bool
	weight float64
}

// ridge keeps weights of the standardised signs small.
const ridge = 2e-4

// fitConfidence fits a logistic regression by Newton's method on standardised signs and returns the weights
// for the signs as they are.
func fitConfidence(samples []sample) map[string]float64 {
	names := match.SignNames()
	mean, spread := standardise(samples, len(names))
	w := make([]float64, len(names)+1) // the last is the constant
	for range 25 {
		gradient, hessian := derivatives(samples, mean, spread, w)
		step := solve(hessian, gradient)
		for i := range w {
			w[i] -= step[i]
		}
	}
	out := map[string]float64{"bias": w[len(names)]}
	for i, name := range names {
		out[name] = w[i] / spread[i]
		out["bias"] -= w[i] * mean[i] / spread[i]
	}
	return out
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

func derivatives(samples []sample, mean, spread, w []float64) (gradient []float64, hessian [][]float64) {
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
		if s.right {
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

// solve is Gaussian elimination with pivoting; the matrix is used up.
//
//nolint:gosec // every index is below n, the size of the square matrix
func solve(m [][]float64, b []float64) []float64 {
	n := len(b)
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		b[c], b[pivot] = b[pivot], b[c]
		for r := c + 1; r < n; r++ {
			factor := m[r][c] / m[c][c]
			for k := c; k < n; k++ {
				m[r][k] -= factor * m[c][k]
			}
			b[r] -= factor * b[c]
		}
	}
	out := make([]float64, n)
	for r := n - 1; r >= 0; r-- {
		out[r] = b[r]
		for k := r + 1; k < n; k++ {
			out[r] -= m[r][k] * out[k]
		}
		out[r] /= m[r][r]
	}
	return out
}
