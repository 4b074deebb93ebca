package match

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// Evidence is what a message looks like from the workspace: what the confidence is computed from.
// The training program fits the calibration on it.
type Evidence struct {
	FAQs  []string    // every FAQ's id
	Parts [][]float64 // per FAQ, in the order of PartNames
	parts [][partCount]float64
	Signs []float64 // in the order of SignNames
	order []int32   // FAQ numbers, best first
	total []float64 // the ranker's score per FAQ

	nearest   []int32 // per FAQ, its nearest wording
	dismissed float64 // likeness to the nearest negative less that to the best FAQ; below zero without negatives
	terms     terms
	read      Normalised
	asks      bool // false without a letter: an amount, or a choice from a list that is gone, which short forms read as a word
}

// SignNames names the signs the confidence is computed from, as the calibration does.
func SignNames() []string {
	return fewAndMany([]string{
		"score", "margin", "margin_third", "best", "best_margin", "svm", "svm_margin", "vector", "vector_margin",
		"covered", "covered_anywhere", "covered_wording", "agreement", "length", "unknown", "mean_margin", "char_best",
		"odds", "one", "soft", "soft_margin", "centre_margin", "mass",
	})
}

// Evidence weighs a message against every FAQ.
func (x *Index) Evidence(text string) Evidence {
	n := x.normalise(text)
	e := Evidence{read: n, terms: x.model.lex.extract(n), asks: strings.ContainsFunc(text, unicode.IsLetter)}
	if len(x.faqs) == 0 || len(n.Words) == 0 {
		return e
	}
	s := x.borrow()
	defer x.scratch.Put(s)
	x.compare(e.terms, n.Words, s)
	if again, ok := x.repair(n); ok {
		second := x.borrow()
		x.compare(x.model.lex.extract(again), again.Words, second)
		s.join(second)
		x.scratch.Put(second)
	}
	x.rank(&e, s)
	e.Signs = x.signs(&e)
	return e
}

func (x *Index) borrow() *scratch {
	s, ok := x.scratch.Get().(*scratch)
	if !ok {
		s = &scratch{}
	}
	s.reset(len(x.wordings), len(x.faqs))
	return s
}

func (x *Index) rank(e *Evidence, s *scratch) {
	parts := x.parts(s)
	e.parts = parts
	weights := weightsOf(x.model.Calibration.Ranker, PartNames())
	e.total = make([]float64, len(parts))
	for f := range parts {
		e.FAQs = append(e.FAQs, x.faqs[f].ID)
		e.Parts = append(e.Parts, x.byDepth(parts[f][:]))
		for p, w := range weights {
			e.total[f] += w * e.Parts[f][p]
		}
		e.nearest = append(e.nearest, x.nearest(int32(f), s))
	}
	e.order = byScore(e.total)
	e.dismissed = x.dismissal(e, s)
}

func weightsOf(named map[string]float64, names []string) []float64 {
	out := make([]float64, len(names))
	for i, name := range names {
		out[i] = named[name]
	}
	return out
}

func (x *Index) nearest(f int32, s *scratch) int32 {
	best, at := float32(-1), x.faqs[f].first
	for w := x.faqs[f].first; w < x.faqs[f].end; w++ {
		if l := likeness(s, w); l > best {
			best, at = l, w
		}
	}
	return at
}

func likeness(s *scratch, w int32) float32 {
	return wordShare*s.word[w] + charShare*s.char[w] + vectorShare*s.vector[w]
}

// dismissal compares the nearest negative with the winner's nearest wording.
func (x *Index) dismissal(e *Evidence, s *scratch) float64 {
	winner := e.order[0]
	nearest := float32(-1)
	for w := x.questions; w < len(x.wordings); w++ {
		if f := x.wordings[w].faq; f == everyone || f == winner {
			nearest = max(nearest, likeness(s, int32(w))) //nolint:gosec // workspaces are small
		}
	}
	return float64(nearest - likeness(s, e.nearest[winner]))
}

// signs computes the confidence's inputs, in the order of SignNames.
func (x *Index) signs(e *Evidence) []float64 {
	w := e.order[0]
	won := e.parts[w]
	margin := e.total[w] - e.totalAt(1)
	known, unknown, all := x.coverage(e.terms)
	wording := x.wordingCovered(e.nearest[w], e.terms)
	return x.byDepth([]float64{
		e.total[w],
		margin,
		e.total[w] - e.totalAt(2),
		won[partBest],
		won[partBest] - e.bestOther(w, partBest),
		won[partSVM],
		won[partSVM] - e.bestOther(w, partSVM),
		won[partVectorMean],
		won[partVectorMean] - e.bestOther(w, partVectorMean),
		won[partCovered],
		known,
		wording,
		e.agreement(w),
		math.Log(1 + float64(len(e.terms.stems))),
		unknown,
		won[partMean] - e.bestOther(w, partMean),
		won[partChar],
		e.odds(),
		1,
		won[partSoft],
		won[partSoftMean] - e.bestOther(w, partSoftMean),
		won[partCentre] - e.bestOther(w, partCentre),
		won[partCovered] * all, // mass: a message of few and common words tells little, though the FAQ knows them all
	})
}

// odds are the log-odds of the winner against all others together, under the ranker.
func (e *Evidence) odds() float64 {
	others := 0.0
	for _, f := range e.order[1:] {
		others += math.Exp(e.total[f] - e.total[e.order[0]])
	}
	return -math.Log(others + 1e-4)
}

// totalAt is the ranker's score of the FAQ in a place; zero when there are fewer.
func (e *Evidence) totalAt(place int) float64 {
	if place >= len(e.order) {
		return 0
	}
	return e.total[e.order[place]]
}

// bestOther is the largest part among the FAQs other than f.
func (e *Evidence) bestOther(f int32, part int) float64 {
	best, found := 0.0, false
	for other, p := range e.parts {
		if int32(other) != f && (!found || p[part] > best) {
			best, found = p[part], true
		}
	}
	return best
}

// agreement is the share of the parts that would have chosen the same FAQ.
func (e *Evidence) agreement(f int32) float64 {
	judges := [...]int{partBest, partMean, partWord, partChar, partSVM, partVectorMean}
	agree := 0
	for _, part := range judges {
		if e.parts[f][part] >= e.bestOther(f, part) {
			agree++
		}
	}
	return float64(agree) / float64(len(judges))
}

// coverage is the share of the message's words, by rarity, that any FAQ uses, the share of its words that neither the
// workspace nor the background knows, and the sum of the rarities.
func (x *Index) coverage(t terms) (known, unknown, total float64) {
	var all, found float32
	for _, w := range t.words {
		if w.kind != unigram {
			continue
		}
		f, ok := x.vocabulary[w.id]
		if !ok {
			all += x.rarity(w.id, 0)
			if x.model.background.counts[w.id] == 0 {
				unknown++
			}
			continue
		}
		all += x.rarities[f]
		found += x.rarities[f]
	}
	if all == 0 {
		return 0, 0, 0
	}
	return float64(found / all), unknown / float64(len(t.stems)), float64(all)
}

// wordingCovered is the share of a wording's words, by rarity, that the message also has.
func (x *Index) wordingCovered(w int32, t terms) float64 {
	var all, found float32
	for _, f := range x.wordings[w].unigrams {
		all += x.rarities[f]
		if x.has(t, f) {
			found += x.rarities[f]
		}
	}
	if all == 0 {
		return 0
	}
	return float64(found / all)
}

func (x *Index) has(t terms, feature int32) bool {
	return slices.ContainsFunc(t.words, func(w term) bool {
		f, ok := x.vocabulary[w.id]
		return ok && f == feature
	})
}

// Best is the FAQ the ranker puts first; empty when there is none.
func (e *Evidence) Best() string {
	if len(e.order) == 0 {
		return ""
	}
	return e.FAQs[e.order[0]]
}
