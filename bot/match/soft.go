package match

// Words that mean much the same meet here: every word of the message looks for its nearest word in a wording, and every
// word of the wording for its nearest in the message. It finds what no shared term shows.

// lexeme is one word of the workspace's wordings.
type lexeme struct {
	rarity    float32
	direction []float32
}

// addLexemes numbers the words of the wordings; without vectors there is nothing to compare.
func (x *Index) addLexemes(texts []terms, words [][]string) {
	if x.model.vectors == nil {
		return
	}
	numbers := map[uint64]int32{}
	for i, t := range texts {
		for _, w := range t.words {
			if w.kind != unigram {
				continue
			}
			n, ok := numbers[w.id]
			if !ok {
				n = int32(len(x.lexemes)) //nolint:gosec // workspaces are small
				numbers[w.id] = n
				x.lexemes = append(x.lexemes, lexeme{x.rarityOf(w.id), x.model.wordDirection(words[i][w.word])})
			}
			x.wordings[i].lexemes = append(x.wordings[i].lexemes, n)
		}
	}
	x.lexemeOf = numbers
}

func (x *Index) rarityOf(id uint64) float32 {
	if f, ok := x.vocabulary[id]; ok {
		return x.rarities[f]
	}
	return x.rarity(id, 0)
}

func (m *Model) wordDirection(word string) []float32 {
	return m.embed(m.lex.extract(Normalised{Words: []string{word}}))
}

// sameness turns the cosine of two different words into a likeness; unrelated words have none.
func sameness(cosine float32) float32 {
	return max(0, (cosine-leastCosine)/(1-leastCosine)) * lessThanEqual
}

const (
	leastCosine   = 0.2
	lessThanEqual = 0.9 // the likeness of different words never reaches that of equal ones
)

// mostAligned is how many FAQs are compared word by word: the nearest by everything else. It takes time, and the others do
// not win.
const mostAligned = 32

// unknownYet marks a likeness of two words that nobody asked for so far.
const unknownYet = -1

// alignment is one reading of a message, word by word, beside the workspace's words.
type alignment struct {
	x          *Index
	directions [][]float32
	rows       [][]float32 // likeness of each word of the message to each word of the workspace
	rarities   []float32
	total      float32
}

func (x *Index) newAlignment(t terms, words []string, s *scratch) alignment {
	a := alignment{x: x}
	for _, w := range t.words {
		if w.kind != unigram {
			continue
		}
		row := s.row(len(a.rows), len(x.lexemes))
		if n, ok := x.lexemeOf[w.id]; ok {
			row[n] = 1
		}
		rarity := x.rarityOf(w.id)
		a.rows, a.rarities, a.total = append(a.rows, row), append(a.rarities, rarity), a.total+rarity
		a.directions = append(a.directions, x.model.wordDirection(words[w.word]))
	}
	return a
}

// align fills s.soft with the likeness of the nearest FAQs' wordings to the message, word by word.
func (x *Index) align(t terms, words []string, s *scratch) {
	if len(x.lexemes) == 0 {
		return
	}
	a := x.newAlignment(t, words, s)
	for _, f := range x.nearestFAQs(s) {
		for w := x.faqs[f].first; w < x.faqs[f].end; w++ {
			s.soft[w] = a.likeness(x.wordings[w].lexemes)
		}
	}
}

// nearestFAQs are the FAQs with the nearest wordings; all of them in a small workspace.
func (x *Index) nearestFAQs(s *scratch) []int32 {
	scores := make([]float64, len(x.faqs))
	if len(x.faqs) > mostAligned {
		for f, e := range x.faqs {
			for w := e.first; w < e.end; w++ {
				scores[f] = max(scores[f], float64(likeness(s, w)))
			}
		}
	}
	order := byScore(scores)
	return order[:min(mostAligned, len(order))]
}

func (a *alignment) at(word int, lexeme int32) float32 {
	cell := &a.rows[word][lexeme]
	if *cell == unknownYet {
		*cell = sameness(dot(a.directions[word], a.x.lexemes[lexeme].direction))
	}
	return *cell
}

// likeness is how well every word finds its like, there and back.
func (a *alignment) likeness(lexemes []int32) float32 {
	there, back, backTotal := float32(0), float32(0), float32(0)
	for i := range a.rows {
		best := float32(0)
		for _, n := range lexemes {
			best = max(best, a.at(i, n))
		}
		there += a.rarities[i] * best
	}
	for _, n := range lexemes {
		best := float32(0)
		for i := range a.rows {
			best = max(best, a.at(i, n))
		}
		back += a.x.lexemes[n].rarity * best
		backTotal += a.x.lexemes[n].rarity
	}
	if backTotal == 0 || a.total == 0 {
		return 0
	}
	return root(float64(there / a.total * back / backTotal))
}
