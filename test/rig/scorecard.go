package rig

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Limit is a figure that has to hold.
type Limit struct {
	What      string
	Unit      string // s, ms, %, KiB; empty for a count
	Must, Aim float64
	AtLeast   bool // more is better; else less is
	Beyond    bool // the limit itself is not enough
}

// Holds says whether a figure keeps a bound. One that nobody measured keeps none.
func (l Limit) Holds(measured, bound float64) bool {
	switch {
	case math.IsNaN(measured):
		return false
	case l.Beyond && measured == bound:
		return false
	case l.AtLeast:
		return measured >= bound
	default:
		return measured <= bound
	}
}

func (l Limit) sign() string {
	switch {
	case l.AtLeast && l.Beyond:
		return ">"
	case l.AtLeast:
		return "≥"
	default:
		return "≤"
	}
}

// Scorecard gathers what was measured, beside what had to be.
type Scorecard struct{ scores []score }

type score struct {
	Limit
	measured float64
	remark   string
	apart    bool // told, but not held against the run
}

// Add notes a figure; the remark says of how many, or under what.
func (c *Scorecard) Add(l Limit, measured float64, remark string) {
	c.scores = append(c.scores, score{Limit: l, measured: measured, remark: remark})
}

// Tell notes a figure that this run cannot judge, such as one taken at another size than the limit is for.
func (c *Scorecard) Tell(l Limit, measured float64, remark string) {
	c.scores = append(c.scores, score{Limit: l, measured: measured, remark: remark, apart: true})
}

// AddIf judges the figure when the run is of the kind the limit is for, and only tells it otherwise.
func (c *Scorecard) AddIf(judged bool, l Limit, measured float64, remark string) {
	if judged {
		c.Add(l, measured, remark)
		return
	}
	c.Tell(l, measured, remark)
}

func (s score) verdict() string {
	switch {
	case s.apart:
		return "not judged"
	case !s.Holds(s.measured, s.Must):
		return "MISSED"
	case !s.Holds(s.measured, s.Aim):
		return "must met"
	default:
		return "aim met"
	}
}

func (s score) figure(f float64) string {
	text := "not measured"
	if !math.IsNaN(f) {
		text = strings.TrimSuffix(fmt.Sprintf("%.2f", f), ".00")
	}
	if s.Unit == "" || math.IsNaN(f) {
		return text
	}
	return text + " " + s.Unit
}

// Print writes a line for each figure.
func (c *Scorecard) Print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\n%-54s %14s %13s %13s  %s\n", "figure", "measured", "must", "aim", "verdict")
	for _, s := range c.scores {
		_, _ = fmt.Fprintf(w, "%-54s %14s %13s %13s  %s", s.What, s.figure(s.measured), s.sign()+" "+s.figure(s.Must), s.sign()+" "+s.figure(s.Aim), s.verdict())
		if s.remark != "" {
			_, _ = fmt.Fprintf(w, " (%s)", s.remark)
		}
		_, _ = fmt.Fprintln(w)
	}
}

// Missed is an error that names what had to hold and did not.
func (c *Scorecard) Missed() error {
	var missed []error
	for _, s := range c.scores {
		if !s.apart && !s.Holds(s.measured, s.Must) {
			missed = append(missed, fmt.Errorf("missed: %s is %s, and must be %s %s", s.What, s.figure(s.measured), s.sign(), s.figure(s.Must)))
		}
	}
	return errors.Join(missed...)
}

// Quantile is the time that this share of all stayed within; of none it is zero.
func Quantile(took []time.Duration, share float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

// Seconds is a quantile as a figure: of none it is not measured.
func Seconds(took []time.Duration, share float64) float64 {
	if len(took) == 0 {
		return math.NaN()
	}
	return Quantile(took, share).Seconds()
}

// Share is how many in a hundred; of none it is not measured.
func Share(part, whole int) float64 { return 100 * float64(part) / float64(whole) }

// CountOf is how many among so many tries; among none it is not measured.
func CountOf(n, tries int) float64 {
	if tries == 0 {
		return math.NaN()
	}
	return float64(n)
}

// Slope is how much y grows with each x, by least squares; from fewer than two x it is not measured.
func Slope(x, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	n := float64(len(x))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
