package main

import (
	"math"
	"math/rand/v2"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

// Own vectors are trained by contrast: in a batch of FAQs from one set, two messages for the same FAQ should
// point the same way and away from the messages for the others and from off-topic ones.

const (
	batchGroups     = 48
	batchNeighbours = 24 // of the groups, where neighbours are near in meaning
	batchOthers     = 16
	sharpness       = 12.0 // inverse temperature of the contrast
)

// text is one message as rows of the table.
type text []match.VectorTerm

// group is the texts of one FAQ.
type group []text

// lesson is one set's groups and its off-topic texts.
type lesson struct {
	groups []group
	others []text
	// neighbours is how many groups of a batch stand side by side: those are near in meaning, and hardest to tell apart.
	neighbours int
}

func trainVectors(sets []*eval.Set, background string, cfg config) (*match.Vectors, error) {
	if cfg.vectors.Dim == 0 {
		return nil, nil //nolint:nilnil // a model without vectors is valid
	}
	model, err := match.NewModel(match.Calibration{}, background, nil)
	if err != nil {
		return nil, err
	}
	t := newTable(cfg.vectors)
	lessons := make([]lesson, 0, len(sets))
	steps := 0
	for _, s := range sets {
		l := newLesson(model, s, cfg.vectors.Rows)
		lessons = append(lessons, l)
		steps += l.batches() * cfg.vectors.Epochs
	}
	for _, list := range [][]synonyms{cfg.words, cfg.asked} {
		if len(list) > 0 {
			l := synonymLesson(model, list, cfg.vectors.Rows)
			lessons = append(lessons, l)
			steps += l.batches() * cfg.vectors.Epochs
		}
	}
	done := 0
	for range cfg.vectors.Epochs {
		for _, l := range lessons {
			for range l.batches() {
				t.rate = cfg.vectors.Rate * float32(1-float64(done)/float64(steps))
				t.learn(l.batch(t.random))
				done++
			}
		}
	}
	return t.quantised(), nil
}

func newLesson(model *match.Model, s *eval.Set, rows int) lesson {
	byID := map[string]int{}
	var l lesson
	add := func(id, words string) {
		n, ok := byID[id]
		if !ok {
			n = len(l.groups)
			byID[id] = n
			l.groups = append(l.groups, nil)
		}
		l.groups[n] = append(l.groups[n], model.VectorTerms(words, rows))
	}
	for _, f := range s.FAQs {
		for _, q := range f.Questions {
			add(f.ID, q)
		}
	}
	for _, q := range s.Queries {
		if q.FAQID != nil {
			add(*q.FAQID, q.Text)
		} else {
			l.others = append(l.others, model.VectorTerms(q.Text, rows))
		}
	}
	return l
}

// synonymLesson teaches texts of one meaning as if they were messages for one FAQ.
func synonymLesson(model *match.Model, words []synonyms, rows int) lesson {
	l := lesson{neighbours: min(batchNeighbours, len(words))}
	for _, list := range words {
		var g group
		for _, w := range list {
			g = append(g, model.VectorTerms(w, rows))
		}
		l.groups = append(l.groups, g)
	}
	return l
}

// batches is how many batches show about every text once.
func (l lesson) batches() int {
	n := 0
	for _, g := range l.groups {
		n += len(g)
	}
	return n/(2*min(batchGroups, len(l.groups))) + 1
}

// batch draws pairs of one FAQ each; beyond the pairs follow off-topic texts.
func (l lesson) batch(random *rand.Rand) (left, right []text) {
	for _, g := range l.draw(random) {
		texts := l.groups[g]
		if len(texts) < 2 {
			continue
		}
		a := random.IntN(len(texts))
		b := random.IntN(len(texts) - 1)
		if b >= a {
			b++
		}
		left, right = append(left, texts[a]), append(right, texts[b])
	}
	for range min(batchOthers, len(l.others)) {
		right = append(right, l.others[random.IntN(len(l.others))])
	}
	return left, right
}

// draw chooses the groups of a batch: some side by side, the others from anywhere.
func (l lesson) draw(random *rand.Rand) []int {
	n := len(l.groups)
	first := random.IntN(n)
	var out []int
	for i := range l.neighbours {
		out = append(out, (first+i)%n)
	}
	for _, g := range random.Perm(n) {
		if len(out) == min(batchGroups, n) {
			break
		}
		if (g-first+n)%n >= l.neighbours {
			out = append(out, g)
		}
	}
	return out
}

// table is the vectors while they are trained, with Adagrad's memory per number.
type table struct {
	dim, rows int
	values    []float32
	squares   []float32
	rate      float32
	random    *rand.Rand
}

func newTable(cfg vectorConfig) *table {
	t := &table{dim: cfg.Dim, rows: cfg.Rows, random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // repeatable on purpose
	t.values, t.squares = make([]float32, t.dim*t.rows), make([]float32, t.rows)
	for i := range t.values {
		t.values[i] = float32(t.random.NormFloat64())
	}
	for i := range t.squares {
		t.squares[i] = 1e-4
	}
	return t
}

// embedded is a text's sum, its length and its direction.
type embedded struct {
	unit   []float32
	length float32
}

func (t *table) embed(x text, drop float64) (embedded, text) {
	sum := make([]float32, t.dim)
	kept := make(text, 0, len(x))
	for _, part := range x {
		if t.random.Float64() < drop {
			continue
		}
		kept = append(kept, part)
		for i, v := range t.row(part.Row) {
			sum[i] += part.Weight * v
		}
	}
	square := float32(1e-9)
	for _, v := range sum {
		square += v * v
	}
	length := float32(math.Sqrt(float64(square)))
	for i := range sum {
		sum[i] /= length
	}
	return embedded{sum, length}, kept
}

func (t *table) row(r int) []float32 { return t.values[r*t.dim : (r+1)*t.dim] }

// wordDropout hides some words of a text, so that no single word carries an FAQ.
const wordDropout = 0.15

// learn takes one step on a batch: each left text should choose its right partner among all right texts.
func (t *table) learn(left, right []text) {
	ls, rs := make([]embedded, len(left)), make([]embedded, len(right))
	for i := range left {
		ls[i], left[i] = t.embed(left[i], wordDropout)
	}
	for i := range right {
		rs[i], right[i] = t.embed(right[i], wordDropout)
	}
	gl, gr := gradients(ls, rs, t.dim)
	for i := range left {
		t.apply(left[i], ls[i], gl[i])
	}
	for i := range right {
		t.apply(right[i], rs[i], gr[i])
	}
}

// gradients of the contrast with respect to the directions.
func gradients(ls, rs []embedded, dim int) (gl, gr [][]float32) {
	gl, gr = make([][]float32, len(ls)), make([][]float32, len(rs))
	for i := range gr {
		gr[i] = make([]float32, dim)
	}
	odds := make([]float64, len(rs))
	for i, l := range ls {
		gl[i] = make([]float32, dim)
		sum := 0.0
		for j, r := range rs {
			odds[j] = math.Exp(sharpness * (float64(product(l.unit, r.unit)) - 1))
			sum += odds[j]
		}
		for j, r := range rs {
			g := odds[j] / sum
			if i == j {
				g--
			}
			addScaled(gl[i], r.unit, float32(g))
			addScaled(gr[j], l.unit, float32(g))
		}
	}
	return gl, gr
}

// apply carries a direction's gradient through the scaling to the rows of the text.
func (t *table) apply(x text, e embedded, g []float32) {
	along := product(g, e.unit)
	for i := range g {
		g[i] = (g[i] - along*e.unit[i]) / e.length
	}
	square := product(g, g)
	for _, part := range x {
		t.squares[part.Row] += part.Weight * part.Weight * square
		step := t.rate * part.Weight / float32(math.Sqrt(float64(t.squares[part.Row])))
		addScaled(t.row(part.Row), g, -step)
	}
}

func product(a, b []float32) float32 {
	sum := float32(0)
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func addScaled(to, from []float32, scale float32) {
	for i, v := range from {
		to[i] += scale * v
	}
}

// quantised rounds the table to bytes; numbers beyond four deviations are cut.
func (t *table) quantised() *match.Vectors {
	square := 0.0
	for _, v := range t.values {
		square += float64(v) * float64(v)
	}
	limit := 4 * math.Sqrt(square/float64(len(t.values)))
	out := &match.Vectors{Dim: t.dim, Rows: t.rows, Scale: float32(limit / 127), Table: make([]int8, len(t.values))}
	for i, v := range t.values {
		out.Table[i] = int8(math.Round(127 * max(-1, min(1, float64(v)/limit))))
	}
	return out
}
