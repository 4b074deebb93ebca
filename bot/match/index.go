package match

import (
	"cmp"
	"slices"
	"sync"
)

// Index is one workspace's FAQs ready for matching. It never changes after NewIndex, so any number of
// goroutines may use it at once.
type Index struct {
	model      *Model
	workspace  Workspace
	thresholds Thresholds
	rules      map[string][]rule // the owner's own words

	faqs      []entry
	wordings  []wording // those of FAQs first, in FAQ order, then negatives
	questions int       // how many of the wordings are questions of FAQs
	depth     float64   // 0 with one wording per FAQ, 1 with many

	vocabulary map[uint64]int32
	rarities   []float32 // by feature
	postings   []posting // by feature, ordered by wording
	starts     []int32   // where a feature's postings start; one more than features
	lexemes    []lexeme
	lexemeOf   map[uint64]int32
	centres    []float32 // of each FAQ, flat
	directions []float32 // own vectors of the wordings, flat
	machines   []machine // one linear SVM per FAQ
	exact      map[string]int32
	known      map[string]bool // words of the wordings
	speller    speller

	scratch sync.Pool
}

// entry is one enabled FAQ and its stretch of wordings.
type entry struct {
	FAQ
	first, end int32
}

// wording is one question, or one negative (then faq is the FAQ it speaks against, or everyone).
type wording struct {
	faq      int32
	text     string
	unigrams []int32 // features
	lexemes  []int32 // words, see align
}

// everyone marks a negative that speaks against all FAQs.
const everyone = -1

type posting struct {
	wording int32
	weight  float32 // in its block, where a wording has length one
}

// sparse is a wording's features while the index is built.
type sparse struct {
	features []int32
	weights  []float32
	wordLen  int // the first wordLen features are the word block
}

// NewIndex builds the index of a workspace with the shipped model.
func NewIndex(w Workspace) (*Index, error) {
	model, err := ShippedModel()
	if err != nil {
		return nil, err
	}
	return model.NewIndex(w), nil
}

// NewIndex builds the index of a workspace. Disabled FAQs and those without wordings are left out.
func (m *Model) NewIndex(w Workspace) *Index {
	x := &Index{
		model: m, workspace: w, thresholds: DefaultThresholds(), rules: ownRules(w.Words),
		vocabulary: map[uint64]int32{}, exact: map[string]int32{}, known: map[string]bool{},
	}
	x.scratch.New = func() any { return &scratch{} }
	texts, words := x.addTexts()
	x.depth = x.measureDepth()
	x.weigh(texts)
	vectors := x.vectorise(texts)
	x.addLexemes(texts, words)
	x.gather()
	x.invert(vectors)
	x.train(vectors)
	x.speller = newSpeller(x.known)
	return x
}

func ownRules(words map[string]string) map[string][]rule {
	lex := &lexicon{rules: map[string][]rule{}, known: map[string]bool{}}
	left := make([]string, 0, len(words))
	for word := range words {
		left = append(left, word)
	}
	slices.Sort(left)
	for _, word := range left {
		if from := split(Fold(word)); len(from) > 0 {
			_ = lex.addRule(newRule(from, Fold(words[word]))) // the first of two readings of one word stays
		}
	}
	lex.sortRules()
	return lex.rules
}

// addTexts registers every wording and returns their terms.
func (x *Index) addTexts() (texts []terms, words [][]string) {
	add := func(faq int32, text string) {
		texts, words = x.addWording(faq, text, texts, words)
	}
	for _, f := range x.workspace.FAQs {
		if f.Enabled {
			x.addFAQ(f, add)
		}
	}
	x.questions = len(x.wordings)
	for i, e := range x.faqs {
		for _, text := range e.Negatives {
			add(int32(i), text)
		}
	}
	for _, text := range x.workspace.Dismissed {
		add(everyone, text)
	}
	return texts, words
}

func (x *Index) addFAQ(f FAQ, add func(int32, string)) {
	number := int32(len(x.faqs))    //nolint:gosec // workspaces are small
	first := int32(len(x.wordings)) //nolint:gosec // workspaces are small
	for _, q := range f.Questions {
		add(number, q)
	}
	end := int32(len(x.wordings)) //nolint:gosec // workspaces are small
	if end > first {
		x.faqs = append(x.faqs, entry{FAQ: f, first: first, end: end})
	}
}

func (x *Index) addWording(faq int32, text string, texts []terms, words [][]string) ([]terms, [][]string) {
	n := x.normalise(text)
	if len(n.Words) == 0 {
		return texts, words
	}
	x.addKey(n.Key, faq)
	for _, w := range n.Words {
		x.known[w] = true
	}
	x.wordings = append(x.wordings, wording{faq: faq, text: text})
	return append(texts, x.model.lex.extract(n)), append(words, n.Words)
}

// contested marks an exact text that more than one FAQ, or a negative, claims.
const contested = -2

func (x *Index) addKey(key string, faq int32) {
	isQuestion := x.questions == 0
	owner, taken := x.exact[key]
	switch {
	case !taken && isQuestion:
		x.exact[key] = faq
	case taken && owner != faq || taken && !isQuestion:
		x.exact[key] = contested
	}
}

func (x *Index) normalise(text string) Normalised { return x.model.lex.normalise(text, x.rules) }

// weigh numbers the terms of the questions and computes their rarity, counting each FAQ once.
func (x *Index) weigh(texts []terms) {
	counts := make([]int32, 0, 1024)
	seenBy := make([]int32, 0, 1024)
	var ids []uint64
	for i, t := range texts[:x.questions] {
		owner := x.wordings[i].faq
		for _, list := range [2][]term{t.words, t.chars} {
			for _, one := range list {
				f, ok := x.vocabulary[one.id]
				if !ok {
					f = int32(len(counts)) //nolint:gosec // workspaces are small
					x.vocabulary[one.id] = f
					counts, seenBy, ids = append(counts, 0), append(seenBy, everyone), append(ids, one.id)
				}
				if seenBy[f] != owner {
					seenBy[f] = owner
					counts[f]++
				}
			}
		}
	}
	x.rarities = make([]float32, len(counts))
	for f, id := range ids {
		x.rarities[f] = x.rarity(id, counts[f])
	}
}

// vectorise turns texts into features with weights of length one per block. Features nobody asked about
// are dropped but count in the length.
func (x *Index) vectorise(texts []terms) []sparse {
	out := make([]sparse, len(texts))
	for i, t := range texts {
		out[i] = x.sparse(t)
		for _, w := range t.words {
			if f, ok := x.vocabulary[w.id]; ok && w.kind == unigram {
				x.wordings[i].unigrams = append(x.wordings[i].unigrams, f)
			}
		}
		x.directions = append(x.directions, x.model.embed(t)...)
	}
	return out
}

func (x *Index) sparse(t terms) sparse {
	var s sparse
	s = x.appendBlock(s, t.words)
	s.wordLen = len(s.features)
	return x.appendBlock(s, t.chars)
}

func (x *Index) appendBlock(s sparse, list []term) sparse {
	from, sum := len(s.weights), 0.0
	for _, t := range list {
		f, ok := x.vocabulary[t.id]
		w := t.weight()
		if ok {
			w *= x.rarities[f]
			s.features, s.weights = append(s.features, f), append(s.weights, w)
		} else {
			w *= x.rarity(t.id, 0)
		}
		sum += float64(w) * float64(w)
	}
	if sum > 0 {
		scale := inverseRoot(sum)
		for i := from; i < len(s.weights); i++ {
			s.weights[i] *= scale
		}
	}
	return s
}

// invert lists, for every feature, the wordings that have it.
func (x *Index) invert(vectors []sparse) {
	x.starts = make([]int32, len(x.rarities)+1)
	total := int32(0)
	for _, v := range vectors {
		for _, f := range v.features {
			x.starts[f+1]++
			total++
		}
	}
	for f := range x.rarities {
		x.starts[f+1] += x.starts[f]
	}
	x.postings = make([]posting, total)
	next := slices.Clone(x.starts)
	for i, v := range vectors {
		for k, f := range v.features {
			x.postings[next[f]] = posting{wording: int32(i), weight: v.weights[k]}
			next[f]++
		}
	}
}

// Size says how many FAQs and wordings are matched.
func (x *Index) Size() (faqs, wordings int) { return len(x.faqs), x.questions }

// byScore orders FAQ numbers from best to worst, the earlier FAQ first among equals.
func byScore(scores []float64) []int32 {
	order := make([]int32, len(scores))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	return order
}
