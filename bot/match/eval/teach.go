package eval

import (
	"math"
	"math/rand/v2"

	"switchboard.example/bot/match"
)

// mostWordings is how many wordings an FAQ may learn up to.
const mostWordings = 20

// Lessons says how Teach plays the member's part.
type Lessons struct {
	Wordings    int    // per FAQ at the start
	Corrections int    // messages assigned before measuring
	Dismiss     bool   // also mark off-topic messages that were answered, or offered choices, as not for the bot
	Shift       bool   // also fit the workspace's shift on what was judged, as the product does
	Seed        uint64 // order of the messages
}

// Lesson is what a replay of a shop's first weeks brought.
type Lesson struct {
	Predictions []Prediction // in the set's order; those of the messages of the first weeks are as they were then
	Corrected   int          // messages assigned to an FAQ
	Dismissed   int          // messages marked as not for the bot
	Fit         match.Fit    // the shift in force after the lessons
	rest        []int        // messages that came after the lessons
	set         *Set
}

// Rest is the messages that came after the lessons, and what was predicted for them.
func (l Lesson) Rest() (*Set, []Prediction) {
	rest := &Set{Name: l.set.Name, FAQs: l.set.FAQs}
	var predictions []Prediction
	for _, i := range l.rest {
		rest.Queries = append(rest.Queries, l.set.Queries[i])
		predictions = append(predictions, l.Predictions[i])
	}
	return rest, predictions
}

// Teach replays a shop's first weeks, half of the messages: whenever one is not answered rightly the member assigns it to its
// FAQ, up to the number of corrections, and the index is rebuilt. The other half shows what was learnt; it is the same
// messages however much was taught.
func Teach(model *match.Model, s *Set, l Lessons) Lesson {
	w := s.Workspace(l.Wordings)
	index := model.NewIndex(w)
	out := Lesson{Predictions: make([]Prediction, len(s.Queries)), set: s}
	var judged []match.Label
	for n, i := range shuffled(len(s.Queries), l.Seed) {
		q := s.Queries[i]
		p := predict(index, q.Text, out.Fit.Shift)
		out.Predictions[i] = p
		if n >= len(s.Queries)/2 {
			out.rest = append(out.rest, i)
			continue
		}
		if label, ok := labelled(p, q, out.Fit.Shift); ok && l.Shift {
			if judged = append(judged, label); len(judged)%shiftEvery == 0 {
				out.Fit = match.FitShift(judged)
			}
		}
		switch {
		case out.Corrected == l.Corrections:
			continue
		case q.FAQID != nil && !answers(p, *q.FAQID):
			assign(&w, *q.FAQID, q.Text)
			out.Corrected++
		case q.FAQID == nil && l.Dismiss && (p.FAQID != nil || len(p.Choices) > 0):
			w.Dismissed = append(w.Dismissed, q.Text)
			out.Dismissed++
		default:
			continue
		}
		index = model.NewIndex(w)
	}
	return out
}

// shiftEvery is how many more judged messages fit the shift anew, as in the product.
const shiftEvery = 10

// labelled is what the log knows of a message: of one that was answered nothing; where choices were offered the customer picks the
// right one, or says that it is none of them.
func labelled(p Prediction, q Query, shift float64) (match.Label, bool) {
	if len(p.Choices) == 0 {
		return match.Label{}, false
	}
	right := q.FAQID != nil && *p.Best == *q.FAQID
	return match.Label{LogOdds: math.Log(p.Confidence/(1-p.Confidence)) - shift, Right: right}, true
}

func answers(p Prediction, id string) bool { return p.FAQID != nil && *p.FAQID == id }

func shuffled(n int, seed uint64) []int {
	return rand.New(rand.NewPCG(seed, seed)).Perm(n) //nolint:gosec // repeatable on purpose
}

// assign adds a wording, to a copy of the FAQ's list because the set's own must stay.
func assign(w *match.Workspace, id, text string) {
	for i, f := range w.FAQs {
		if f.ID == id && len(f.Questions) < mostWordings {
			w.FAQs[i].Questions = append(append([]string(nil), f.Questions...), text)
		}
	}
}
