package match

import (
	"cmp"
	"slices"
)

// One linear support vector machine per FAQ says "this FAQ or not". They are trained by dual coordinate
// descent and kept in dual form, as weights of wordings, so that a message's cosines with the wordings are
// all that is needed to ask them.

// machine is one FAQ's SVM: the sum of weights times (likeness + 1).
type machine struct {
	supports []support
}

type support struct {
	wording int32
	weight  float32
}

// Shares of the blocks in likeness, and settings of the training.
const (
	wordShare   = 0.6
	charShare   = 0.4
	vectorShare = 0.4
	svmCost     = 1.0
	svmPositive = 4.0 // weight of the FAQ's own wordings, which are few; of more than manyWordings, that of as many
	svmPasses   = 12
	svmRivals   = 240 // other FAQs' wordings considered, the likest first
)

// train fits one machine per FAQ on the questions; negatives count for the FAQs they speak against.
func (x *Index) train(vectors []sparse) {
	x.machines = make([]machine, len(x.faqs))
	t := trainer{x: x, vectors: x.scaled(vectors), weights: make([]float32, len(x.rarities)), likeness: &scratch{}}
	if x.model.vectors != nil {
		t.direction = make([]float32, x.model.vectors.Dim)
	}
	for f := range x.faqs {
		x.machines[f] = t.fit(int32(f))
	}
}

// scaled gives each block the root of its share, so that a product is a likeness.
func (x *Index) scaled(vectors []sparse) []sparse {
	word, char := root(wordShare), root(charShare)
	out := make([]sparse, len(vectors))
	for i, v := range vectors {
		s := sparse{features: v.features, weights: slices.Clone(v.weights), wordLen: v.wordLen}
		for k := range s.weights {
			if k < v.wordLen {
				s.weights[k] *= word
			} else {
				s.weights[k] *= char
			}
		}
		out[i] = s
	}
	return out
}

// trainer holds the primal weights while one machine after the other is fitted.
type trainer struct {
	x         *Index
	vectors   []sparse
	weights   []float32 // by feature
	direction []float32 // the dense block
	bias      float32
	likeness  *scratch
}

// example is a wording in one machine's training.
type example struct {
	wording int32
	sign    float32
	alpha   float32
	norm    float32 // likeness with itself
	cost    float32
}

func (t *trainer) fit(faq int32) machine {
	examples := t.examples(faq)
	for pass := range svmPasses {
		for i := range examples {
			k := i
			if pass%2 == 1 {
				k = len(examples) - 1 - i
			}
			t.step(&examples[k])
		}
	}
	var m machine
	for _, e := range examples {
		if e.alpha > 0 {
			m.supports = append(m.supports, support{e.wording, e.alpha * e.sign})
			t.add(e.wording, -e.alpha*e.sign)
		}
	}
	t.clear(examples)
	return m
}

// step moves one example's weight to its best value while the others stay (squared hinge loss).
func (t *trainer) step(e *example) {
	diagonal := 1 / (2 * e.cost)
	gradient := e.sign*t.decide(e.wording) - 1 + diagonal*e.alpha
	next := max(e.alpha-gradient/(e.norm+diagonal), 0)
	if change := next - e.alpha; change != 0 {
		t.add(e.wording, change*e.sign)
		e.alpha = next
	}
}

func (t *trainer) decide(w int32) float32 {
	v := t.vectors[w]
	sum := t.bias
	for i, f := range v.features {
		sum += v.weights[i] * t.weights[f]
	}
	if t.direction != nil {
		sum += vectorShare * dot(t.direction, t.x.direction(w))
	}
	return sum
}

func (t *trainer) add(w int32, amount float32) {
	v := t.vectors[w]
	for i, f := range v.features {
		t.weights[f] += amount * v.weights[i]
	}
	if t.direction != nil {
		for i, d := range t.x.direction(w) {
			t.direction[i] += amount * d
		}
	}
	t.bias += amount
}

// clear removes what rounding left of the last machine.
func (t *trainer) clear(examples []example) {
	for _, e := range examples {
		for _, f := range t.vectors[e.wording].features {
			t.weights[f] = 0
		}
	}
	clear(t.direction)
	t.bias = 0
}

func (t *trainer) examples(faq int32) []example {
	e := t.x.faqs[faq]
	out := make([]example, 0, svmRivals+int(e.end-e.first))
	own := float32(e.end - e.first)
	for w := e.first; w < e.end; w++ {
		out = append(out, t.example(w, 1, svmPositive*svmCost*min(manyWordings/own, 1)))
	}
	for _, w := range t.rivals(faq) {
		out = append(out, t.example(w, -1, svmCost))
	}
	for w := t.x.questions; w < len(t.x.wordings); w++ {
		if t.x.wordings[w].faq == faq {
			out = append(out, t.example(int32(w), -1, svmCost)) //nolint:gosec // workspaces are small
		}
	}
	return out
}

func (t *trainer) example(w int32, sign, cost float32) example {
	norm := float32(1)
	for _, weight := range t.vectors[w].weights {
		norm += weight * weight
	}
	if d := t.x.direction(w); d != nil {
		norm += vectorShare * dot(d, d)
	}
	return example{wording: w, sign: sign, norm: norm, cost: cost}
}

// rivals are the wordings of other FAQs: all of them in a small workspace, else the likest.
func (t *trainer) rivals(faq int32) []int32 {
	e := t.x.faqs[faq]
	var out []int32
	for w := range int32(t.x.questions) { //nolint:gosec // workspaces are small
		if w < e.first || w >= e.end {
			out = append(out, w)
		}
	}
	if len(out) <= 2*svmRivals {
		return out
	}
	likeness := t.likenessTo(e)
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(likeness[b], likeness[a]) })
	out = out[:svmRivals]
	slices.Sort(out)
	return out
}

// likenessTo is each wording's summed likeness to the FAQ's wordings.
func (t *trainer) likenessTo(e entry) []float32 {
	t.likeness.reset(len(t.x.wordings), 0)
	for w := e.first; w < e.end; w++ {
		v := t.vectors[w]
		for i, f := range v.features {
			for _, p := range t.x.postings[t.x.starts[f]:t.x.starts[f+1]] {
				t.likeness.word[p.wording] += v.weights[i] * p.weight
			}
		}
	}
	return t.likeness.word
}
