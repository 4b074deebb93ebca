package match

import "math"

// scratch is the working memory of one match, reused.
type scratch struct {
	word, char, vector []float32 // likeness per wording and block
	soft               []float32 // likeness per wording, word by word
	centre             []float32 // likeness per FAQ
	rows               [][]float32
	covered            []float32 // share of the message each FAQ knows
}

func (s *scratch) reset(wordings, faqs int) {
	s.word, s.char, s.vector = zeroed(s.word, wordings), zeroed(s.char, wordings), zeroed(s.vector, wordings)
	s.soft, s.covered = zeroed(s.soft, wordings), zeroed(s.covered, faqs)
	s.centre = zeroed(s.centre, faqs)
}

// row is the i-th of the rows of likenesses of one word of the message to the workspace's words.
func (s *scratch) row(i, n int) []float32 {
	if i == len(s.rows) {
		s.rows = append(s.rows, nil)
	}
	s.rows[i] = zeroed(s.rows[i], n)
	for k := range s.rows[i] {
		s.rows[i][k] = unknownYet
	}
	return s.rows[i]
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
func (x *Index) compare(t terms, words []string, s *scratch) {
	v := x.sparse(t)
	x.spread(v.features[:v.wordLen], v.weights[:v.wordLen], s.word)
	x.spread(v.features[v.wordLen:], v.weights[v.wordLen:], s.char)
	if d := x.model.embed(t); d != nil {
		for w := range x.wordings {
			s.vector[w] = dot(d, x.direction(int32(w)))
		}
		for f := range x.faqs {
			s.centre[f] = dot(d, x.centre(int32(f)))
		}
	}
	x.align(t, words, s)
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
	for _, pair := range [6][2][]float32{{s.centre, other.centre}, {s.soft, other.soft}, {s.word, other.word}, {s.char, other.char}, {s.vector, other.vector}, {s.covered, other.covered}} {
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
	partSoft
	partSoftMean
	partCentre
	partCount
)

// PartNames names the parts of a candidate's score as the calibration does: each counts once for workspaces with few
// wordings per FAQ and once for those with many.
func PartNames() []string {
	return fewAndMany([]string{"best", "mean_of_three", "word_best", "char_best", "svm", "vector_best", "vector_mean", "covered", "soft_best", "soft_mean", "centre"})
}

func fewAndMany(names []string) []string {
	out := make([]string, 0, 2*len(names))
	for _, ending := range []string{"_few", "_many"} {
		for _, name := range names {
			out = append(out, name+ending)
		}
	}
	return out
}

// byDepth splits values between their two weights, by how many wordings the workspace's FAQs have.
func (x *Index) byDepth(values []float64) []float64 {
	out := make([]float64, 0, 2*len(values))
	for _, share := range [2]float64{1 - x.depth, x.depth} {
		for _, v := range values {
			out = append(out, share*v)
		}
	}
	return out
}

// manyWordings is the mean number of wordings per FAQ from which on more change nothing.
const manyWordings = 10

// measureDepth is 0 for one wording per FAQ and 1 for many.
func (x *Index) measureDepth() float64 {
	if len(x.faqs) == 0 {
		return 0
	}
	mean := float64(x.questions) / float64(len(x.faqs))
	return min(math.Log(mean)/math.Log(manyWordings), 1)
}

// parts scores every FAQ in every way.
func (x *Index) parts(s *scratch) [][partCount]float64 {
	out := make([][partCount]float64, len(x.faqs))
	for f, e := range x.faqs {
		p := &out[f]
		var best, vector, soft top3
		for w := e.first; w < e.end; w++ {
			best.add(wordShare*s.word[w] + charShare*s.char[w])
			vector.add(s.vector[w])
			soft.add(s.soft[w])
			p[partWord] = max(p[partWord], float64(s.word[w]))
			p[partChar] = max(p[partChar], float64(s.char[w]))
		}
		p[partBest], p[partMean] = float64(best[0]), best.mean(e.end-e.first)
		p[partVector], p[partVectorMean] = float64(vector[0]), vector.mean(e.end-e.first)
		p[partSoft], p[partSoftMean] = float64(soft[0]), soft.mean(e.end-e.first)
		p[partSVM] = x.ask(x.machines[f], s)
		p[partCentre] = float64(s.centre[f])
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
