package match

import (
	"math"
	"slices"
)

// maxCandidates is how many FAQs a result names.
const maxCandidates = 5

// Match decides what to do with a message. The same text on the same index always gives the same result.
func (x *Index) Match(text string) Result { return x.MatchShifted(text, 0) }

// MatchShifted is Match with the shift added to the log-odds of every confidence, so that .80 stays honest in a workspace:
// see FitShift. A message equal to a wording is answered all the same.
func (x *Index) MatchShifted(text string, shift float64) Result {
	r := Result{Decision: Fallback, Thresholds: x.thresholds}
	r.Thresholds.Shift = shift
	e := x.Evidence(text)
	if owner, ok := x.exact[e.read.Key]; ok && e.read.Key != "" && !e.read.Truncated {
		if owner >= 0 {
			return x.exactly(r, owner, e)
		}
		r.Dismissed = x.onlyNegative(e)
	}
	if len(e.order) == 0 {
		return r
	}
	x.fill(&r, e)
	r.Dismissed = r.Dismissed || e.dismissed > silenceMargin
	r.Decision = x.decide(r, x.faqs[e.order[0]])
	return r
}

// How much nearer a negative has to be than the best wording: a little keeps the bot from answering, clearly silences it.
// Negatives never change which FAQ is first: choices stay as they were.
const (
	vetoMargin    = 0.0
	silenceMargin = 0.12
	// vetoDoubt is taken from the log-odds: what would have been answered is offered as a choice.
	vetoDoubt = 2.5
)

// onlyNegative tells a message that equals a negative from one that two FAQs claim.
func (x *Index) onlyNegative(e Evidence) bool {
	return len(e.order) > 0 && e.dismissed >= 0 && x.hasNegatives()
}

func (x *Index) hasNegatives() bool { return len(x.wordings) > x.questions }

// exactly is the result for a message that is one of an FAQ's wordings.
func (x *Index) exactly(r Result, owner int32, e Evidence) Result {
	at := slices.Index(e.order, owner)
	e.order = slices.Insert(slices.Delete(slices.Clone(e.order), at, at+1), 0, owner)
	x.fill(&r, e)
	r.Decision, r.Confidence, r.Exact = Answer, 1, true
	r.Candidates[0].Score = 1
	r.Margin = 1 - secondScore(r.Candidates)
	return r
}

func (x *Index) fill(r *Result, e Evidence) {
	r.FAQID = x.faqs[e.order[0]].ID
	shift := r.Thresholds.Shift
	if e.dismissed > vetoMargin {
		shift -= vetoDoubt
	}
	if e.asks {
		r.Confidence = x.model.Calibration.confidence(e.Signs, x.depth, shift)
	}
	x.listCandidates(r, e)
	r.Margin = r.Confidence - secondScore(r.Candidates)
}

func secondScore(candidates []Candidate) float64 {
	if len(candidates) < 2 {
		return 0
	}
	return candidates[1].Score
}

// listCandidates names the best FAQs. A runner-up's score is the winner's confidence times their odds
// under the ranker, so it never exceeds it.
func (x *Index) listCandidates(r *Result, e Evidence) {
	top := e.total[e.order[0]]
	for _, f := range e.order[:min(maxCandidates, len(e.order))] {
		r.Candidates = append(r.Candidates, Candidate{
			FAQID:    x.faqs[f].ID,
			Question: x.wordings[e.nearest[f]].text,
			Score:    r.Confidence * math.Exp(min(e.total[f]-top, 0)),
			Matched:  x.matched(f, e),
		})
	}
}

// matched lists the message's words that one FAQ's wordings use, in the message's order.
func (x *Index) matched(faq int32, e Evidence) []string {
	var at []int32
	for _, w := range e.terms.words {
		if w.kind != unigram {
			continue
		}
		if f, ok := x.vocabulary[w.id]; ok && x.uses(faq, f) {
			at = append(at, w.word)
		}
	}
	slices.Sort(at)
	words := make([]string, 0, len(at))
	for _, i := range at {
		words = append(words, e.read.Words[i])
	}
	return words
}

func (x *Index) uses(faq, feature int32) bool {
	list := x.postings[x.starts[feature]:x.starts[feature+1]]
	return slices.ContainsFunc(list, func(p posting) bool {
		return int(p.wording) < x.questions && x.wordings[p.wording].faq == faq
	})
}

func (x *Index) decide(r Result, best entry) Decision {
	needed := x.thresholds.Answer
	if x.workspace.Careful || best.OnlyWhenSure {
		needed = x.thresholds.Careful
	}
	switch {
	case r.Dismissed || r.Confidence < x.thresholds.Choices:
		return Fallback
	case r.Confidence >= needed:
		return Answer
	default:
		return Choices
	}
}

// confidence is the chance that the first FAQ answers, said with prudence; shift is added to its log-odds.
func (c Calibration) confidence(signs []float64, depth, shift float64) float64 {
	p, odds := prudent(chance(c.Answerable, signs)*chance(c.First, signs), depth), math.Exp(shift)
	return p * odds / (p*odds + 1 - p)
}

// chance is a logistic regression over the signs.
func chance(weights map[string]float64, signs []float64) float64 {
	z := weights["bias"]
	for i, name := range SignNames() {
		z += weights[name] * signs[i]
	}
	return 1 / (1 + math.Exp(-z))
}

// Choices are the FAQs to offer when the decision is Choices: at most three.
func (r Result) Choices() []Candidate {
	if r.Decision != Choices {
		return nil
	}
	return r.Candidates[:min(3, len(r.Candidates))]
}
