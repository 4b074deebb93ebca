package match

import (
	"math/bits"
	"slices"
)

// speller finds the workspace's word a customer misspelled.
type speller struct {
	byLength map[int][]spelled
}

type spelled struct {
	word    string
	letters uint64
}

func newSpeller(words map[string]bool) speller {
	s := speller{byLength: map[int][]spelled{}}
	sorted := make([]string, 0, len(words))
	for w := range words {
		if len(w) >= 4 && !hasDigit(w) {
			sorted = append(sorted, w)
		}
	}
	slices.Sort(sorted)
	for _, w := range sorted {
		s.byLength[len(w)] = append(s.byLength[len(w)], spelled{w, letters(w)})
	}
	return s
}

// maxRepairs bounds how many words of a message are looked up.
const maxRepairs = 10

// repair reads unknown words as the nearest known ones; ok is false when nothing changed.
func (x *Index) repair(n Normalised) (Normalised, bool) {
	words := slices.Clone(n.Words)
	changed, tried := false, 0
	for i, w := range words {
		if x.isKnown(w) || tried == maxRepairs {
			continue
		}
		tried++
		if better, ok := x.speller.nearest(w); ok {
			words[i], changed = better, true
		}
	}
	n.Words = words
	return n, changed
}

func (x *Index) isKnown(word string) bool {
	lex := x.model.lex
	return len(word) < 4 || len(word) > 30 || hasDigit(word) || x.known[word] || lex.known[word] || x.model.background.words[stem(word)]
}

// nearest allows one slip from four letters on and two from eight. The fewest slips win, then the alphabet.
func (s speller) nearest(word string) (string, bool) {
	allowed := 1
	if len(word) >= 8 {
		allowed = 2
	}
	mask := letters(word)
	best, found := "", false
	for length := len(word) - allowed; length <= len(word)+allowed; length++ {
		for _, c := range s.byLength[length] {
			if bits.OnesCount64(mask^c.letters) > 2*allowed {
				continue
			}
			if d := slips(word, c.word, allowed); d <= allowed && (!found || d < slips(word, best, allowed)) {
				best, found = c.word, true
			}
		}
	}
	return best, found
}

func letters(word string) uint64 {
	var mask uint64
	for i := range len(word) {
		mask |= 1 << (word[i] & 63)
	}
	return mask
}

func hasDigit(word string) bool {
	for i := range len(word) {
		if word[i] >= '0' && word[i] <= '9' {
			return true
		}
	}
	return false
}

// slips counts letters added, dropped, changed or swapped with a neighbour; more than limit is limit+1.
func slips(a, b string, limit int) int {
	const width = 40
	if len(a) >= width || len(b) >= width {
		return limit + 1
	}
	var rows [3][width]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above := &rows[i%3], &rows[(i+2)%3]
		row[0] = i
		lowest := i
		for j := 1; j <= len(b); j++ {
			row[j] = slip(a, b, i, j, row, above, &rows[(i+1)%3])
			lowest = min(lowest, row[j])
		}
		if lowest > limit {
			return limit + 1
		}
	}
	return rows[len(a)%3][len(b)]
}

func slip(a, b string, i, j int, row, above, before *[40]int) int {
	cost := 1
	if a[i-1] == b[j-1] {
		cost = 0
	}
	d := min(row[j-1]+1, above[j]+1, above[j-1]+cost)
	if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		d = min(d, before[j-2]+1)
	}
	return d
}
