package match

import (
	"cmp"
	"math"
	"slices"
)

// maxWords bounds how many words of one text become terms.
const maxWords = 160

// Weights of the kinds of terms inside the word block.
const (
	bigramWeight  = 0.6
	conceptWeight = 0.7
)

// kind says what a term is made of; the first three form the word block.
type kind uint8

const (
	unigram kind = iota
	bigram
	concept
	gram // 2 to 4 characters of a word with its ends marked
)

// term is one thing counted in a text. id is a hash of kind and content, equal in every text.
type term struct {
	id    uint64
	count float32
	kind  kind
	word  int32 // position in the text's words, for unigrams
}

// terms is a text as the matcher sees it, each term once, ordered by id.
type terms struct {
	words []term
	chars []term
	stems []string // stems of the meaningful words, in order
	at    []int32  // where each stem stands in the words it came from
}

// extract counts the terms of a normalised text.
func (lex *lexicon) extract(n Normalised) terms {
	var t terms
	t.stems, t.at = lex.meaningful(n.Words)
	for i, s := range t.stems {
		t.words = append(t.words, term{id: hash(unigram, s), count: 1, kind: unigram, word: t.at[i]})
		if i > 0 {
			t.words = append(t.words, term{id: hash(bigram, t.stems[i-1]+" "+s), count: 1, kind: bigram})
		}
		t.chars = appendGrams(t.chars, n.Words[t.at[i]])
	}
	for _, c := range lex.conceptsOf(n, t.stems) {
		t.words = append(t.words, term{id: hash(concept, c), count: 1, kind: concept})
	}
	t.words, t.chars = merge(t.words), merge(t.chars)
	return t
}

// meaningful stems the words that are more than manners; if there are none, all words.
func (lex *lexicon) meaningful(words []string) (stems []string, at []int32) {
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	for i, w := range words {
		if !lex.courtesy[w] {
			stems, at = append(stems, stem(w)), append(at, int32(i))
		}
	}
	if len(stems) > 0 {
		return stems, at
	}
	for i, w := range words {
		stems, at = append(stems, stem(w)), append(at, int32(i))
	}
	return stems, at
}

func (lex *lexicon) conceptsOf(n Normalised, stems []string) []string {
	found := slices.Clone(n.Concepts)
	for _, s := range stems {
		for _, c := range lex.concepts[s] {
			if !slices.Contains(found, c) {
				found = append(found, c)
			}
		}
	}
	return found
}

func appendGrams(out []term, word string) []term {
	marked := make([]rune, 0, len(word)+2)
	marked = append(append(append(marked, '_'), []rune(word)...), '_')
	if len(marked) > 32 {
		marked = marked[:32]
	}
	for i := range marked {
		h := hashSeed(gram)
		for j := i; j < len(marked) && j < i+4; j++ {
			h = hashRune(h, marked[j])
			if j > i {
				out = append(out, term{id: h, count: 1, kind: gram})
			}
		}
	}
	return out
}

// merge orders terms by id and adds up doubles.
func merge(ts []term) []term {
	slices.SortStableFunc(ts, func(a, b term) int { return cmp.Compare(a.id, b.id) })
	out := ts[:0]
	for _, t := range ts {
		if n := len(out); n > 0 && out[n-1].id == t.id {
			out[n-1].count += t.count
			continue
		}
		out = append(out, t)
	}
	return out
}

// weight is a term's share before rarity: repeated terms count for a little more, kinds differ.
func (t term) weight() float32 {
	w := float32(1)
	if t.count > 1 {
		w += float32(math.Log(float64(t.count)))
	}
	switch t.kind {
	case bigram:
		return w * bigramWeight
	case concept:
		return w * conceptWeight
	case unigram, gram:
	}
	return w
}

// FNV-1a, written out so that a term's id never depends on the machine or the run.
func hashSeed(k kind) uint64 { return (14695981039346656037 ^ uint64(k+1)) * 1099511628211 }

func hashRune(h uint64, r rune) uint64 {
	for shift := 0; shift < 24; shift += 8 {
		h = (h ^ uint64(byte(r>>shift))) * 1099511628211 //nolint:gosec // bytes of a rune
	}
	return h
}

func hash(k kind, s string) uint64 {
	h := hashSeed(k)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
