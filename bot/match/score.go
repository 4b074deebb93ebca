package match

import "math"

// scratch is the working memory of one match, reused.
type scratch struct {
	word, char, vector []float32 // likeness per wording and block
	covered            []float32 // share of the message each FAQ knows
}

func (s *scratch) reset(wordings, faqs int) {
	s.word, s.char, s.vector = zeroed(s.word, wordings), zeroed(s.char, wordings), zeroed(s.vector, wordings)
	s.covered = zeroed(s.covered, faqs)
}

func zeroed(list []float32, n int) []float32 {
	if cap(list) < n {
		return make([]float32, n)
	}
	list = list[:n]
	clear(list)
	return list
}

func root(x float64) float32 { return float32(math.Sqrt(x)) }

// direction is a wording's own vector, nil without vectors.
func (x *Index) direction(w int32) []float32 {
	if x.model.vectors == nil {
		return nil
	}
	d := int32(x.model.vectors.Dim) //nolint:gosec // small
	return x.directions[w*d : (w+1)*d]
}

// compare fills s with the message's likeness to every wording; a second reading only ever adds.
func (x *Index) compare(t terms, s *scratch) {
	v := x.sparse(t)
	x.spread(v.features[:v.wordLen], v.weights[:v.wordLen], s.word)
	x.spread(v.features[v.wordLen:], v.weights[v.wordLen:], s.char)
	if d := x.model.embed(t); d != nil {
		for w := range x.wordings {
			s.vector[w] = dot(d, x.direction(int32(w)))
		}
	}
	x.cover(t, s.covered)
}

func (x *Index) spread(features []int32, weights, out []float32) {
	for i, f := range features {
		w := weights[i]
		for _, p := range x.postings[x.starts[f]:x.starts[f+1]] {
			out[p.wording] += w * p.weight
		}
	}
}

// cover adds up, per FAQ, the share of the message's words (by rarity) that occur in its wordings.
func (x *Index) cover(t terms, covered []float32) {
	total := float32(0)
	for _, w := range t.words {
		if w.kind != unigram {
			continue
		}
		f, ok := x.vocabulary[w.id]
		if !ok {
			total += x.rarity(w.id, 0)
			continue
		}
		total += x.rarities[f]
		last := int32(everyone)
		for _, p := range x.postings[x.starts[f]:x.starts[f+1]] {
			if faq := x.wordings[p.wording].faq; int(p.wording) < x.questions && faq != last {
				covered[faq] += x.rarities[f]
				last = faq
			}
		}
	}
	if total > 0 {
		for i := range covered {
			covered[i] /= total
		}
	}
}

// join keeps the better likeness of two readings.
func (s *scratch) join(other *scratch) {
	for _, pair := range [4][2][]float32{{s.word, other.word}, {s.char, other.char}, {s.vector, other.vector}, {s.covered, other.covered}} {
		for i, v := range pair[1] {
			pair[0][i] = max(pair[0][i], v)
		}
	}
}

// Parts of a candidate's score, in the order of Evidence.Parts.
const (
	partBest = iota
	partMean
	partWord
	partChar
	partSVM
	partVector
	partVectorMean
	partCovered
	partCount
)

// PartNames names the parts of a candidate's score as the calibration does.
func PartNames() []string {
	return []string{"best", "mean_of_three", "word_best", "char_best", "svm", "vector_best", "vector_mean", "covered"}
}

// parts scores every FAQ in every way.
func (x *Index) parts(s *scratch) [][partCount]float64 {
	out := make([][partCount]float64, len(x.faqs))
	for f, e := range x.faqs {
		p := &out[f]
		var best, vector top3
		for w := e.first; w < e.end; w++ {
			best.add(wordShare*s.word[w] + charShare*s.char[w])
			vector.add(s.vector[w])
			p[partWord] = max(p[partWord], float64(s.word[w]))
			p[partChar] = max(p[partChar], float64(s.char[w]))
		}
		p[partBest], p[partMean] = float64(best[0]), best.mean(e.end-e.first)
		p[partVector], p[partVectorMean] = float64(vector[0]), vector.mean(e.end-e.first)
		p[partSVM] = x.ask(x.machines[f], s)
		p[partCovered] = float64(s.covered[f])
	}
	return out
}

func (x *Index) ask(m machine, s *scratch) float64 {
	sum := float32(0)
	for _, sv := range m.supports {
		w := sv.wording
		sum += sv.weight * (wordShare*s.word[w] + charShare*s.char[w] + vectorShare*s.vector[w] + 1)
	}
	return float64(sum)
}

// top3 keeps the three largest numbers.
type top3 [3]float32

func (t *top3) add(v float32) {
	switch {
	case v > t[0]:
		t[0], t[1], t[2] = v, t[0], t[1]
	case v > t[1]:
		t[1], t[2] = v, t[1]
	case v > t[2]:
		t[2] = v
	}
}

func (t *top3) mean(n int32) float64 {
	n = min(n, 3)
	sum := float32(0)
	for _, v := range t[:n] {
		sum += v
	}
	return float64(sum) / float64(n)
}
