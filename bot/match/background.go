package match

import (
	"math"
	"strconv"
	"strings"
)

// background tells how common terms are in customers' questions at large, so that a shop with five FAQs
// still knows that "how" says little and "refund" much.
type background struct {
	texts  float64
	counts map[uint64]float32
	words  map[string]bool // stems seen, which spelling repair leaves alone
}

// readBackground reads lines of "stem count", the first being "# texts N". Characters and concepts get
// the counts of the words they occur in.
func readBackground(data string, lex *lexicon) background {
	b := background{texts: 1, counts: map[uint64]float32{}, words: map[string]bool{}}
	for line := range strings.Lines(data) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "#" {
			b.texts, _ = strconv.ParseFloat(fields[2], 64)
		}
		if len(fields) == 2 {
			count, _ := strconv.ParseFloat(fields[1], 32)
			b.add(fields[0], float32(count), lex)
		}
	}
	return b
}

func (b background) add(stem string, count float32, lex *lexicon) {
	b.words[stem] = true
	b.counts[hash(unigram, stem)] += count
	for _, c := range lex.concepts[stem] {
		b.counts[hash(concept, c)] += count
	}
	for _, g := range merge(appendGrams(nil, stem)) {
		b.counts[g.id] += count
	}
}

// rarity is the term's idf in the background.
func (b background) rarity(id uint64) float64 {
	count := min(float64(b.counts[id]), b.texts)
	return math.Log((b.texts + 1) / (count + 1))
}
