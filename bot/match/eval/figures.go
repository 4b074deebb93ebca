package eval

import (
	"cmp"
	"math"
	"slices"
)

// Figures sum up predictions on a set. All are shares between 0 and 1.
type Figures struct {
	Top1      float64 // right FAQ first, of the messages an FAQ answers
	Coverage  float64 // messages answered at the loosest threshold at which 95 % of all answers are right
	Precision float64 // answers given that are right
	Answered  float64 // answerable messages that got an answer
	Wrong     float64 // answerable messages that got a wrong answer
	OffTopic  float64 // other messages that got an answer
	Solved    float64 // answered rightly, or the right FAQ among the choices
	ECE       float64 // mean distance between confidence and truth, in ten bins
}

type judged struct {
	confidence                       float64
	right, answerable, given, choice bool
}

// Measure compares predictions with the truth.
func Measure(s *Set, predictions []Prediction) Figures {
	rows := make([]judged, len(predictions))
	for i, p := range predictions {
		rows[i] = judge(s.Queries[i], p)
	}
	var f Figures
	var answerable, other, given, givenRight float64
	for _, r := range rows {
		if r.answerable {
			answerable++
		} else {
			other++
		}
		f.Top1 += one(r.right)
		given += one(r.given)
		givenRight += one(r.given && r.right)
		f.Answered += one(r.given && r.answerable)
		f.Wrong += one(r.given && r.answerable && !r.right)
		f.OffTopic += one(r.given && !r.answerable)
		f.Solved += one(r.given && r.right || r.choice)
	}
	for _, v := range []*float64{&f.Top1, &f.Answered, &f.Wrong, &f.Solved} {
		*v = share(*v, answerable)
	}
	f.OffTopic, f.Precision = share(f.OffTopic, other), share(givenRight, given)
	f.ECE = calibrationError(rows)
	f.Coverage = coverage(rows, answerable)
	return f
}

func judge(q Query, p Prediction) judged {
	r := judged{confidence: p.Confidence, answerable: q.FAQID != nil, given: p.FAQID != nil}
	if q.FAQID != nil {
		r.right = p.Best != nil && *p.Best == *q.FAQID
		r.choice = slices.Contains(p.Choices, *q.FAQID)
	}
	return r
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func calibrationError(rows []judged) float64 {
	var sure, right [10]float64
	for _, r := range rows {
		bin := min(int(r.confidence*10), 9)
		sure[bin] += r.confidence
		right[bin] += one(r.right)
	}
	sum := 0.0
	for bin := range sure {
		sum += math.Abs(sure[bin] - right[bin])
	}
	return share(sum, float64(len(rows)))
}

// coverage walks down from the surest message; messages of one confidence are answered together.
func coverage(rows []judged, answerable float64) float64 {
	slices.SortStableFunc(rows, func(a, b judged) int { return cmp.Compare(b.confidence, a.confidence) })
	var given, right, covered, best float64
	for i, r := range rows {
		given++
		right += one(r.right)
		covered += one(r.answerable)
		last := i+1 == len(rows) || rows[i+1].confidence != r.confidence
		if last && right/given >= 0.95 {
			best = max(best, share(covered, answerable))
		}
	}
	return best
}
