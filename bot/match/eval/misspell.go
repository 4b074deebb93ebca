package eval

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// longerWord is how many letters a word has that people misspell.
const longerWord = 5

// Misspelled is the set with a share of the longer words of its messages misspelled: a letter dropped, doubled, changed or
// swapped with its neighbour.
func (s *Set) Misspelled(share float64, seed uint64) *Set {
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // repeatable on purpose
	out := &Set{Name: s.Name, FAQs: s.FAQs}
	for _, q := range s.Queries {
		words := strings.Fields(q.Text)
		for i, w := range words {
			if utf8.RuneCountInString(w) >= longerWord && random.Float64() < share {
				words[i] = slip(w, random)
			}
		}
		q.Text = strings.Join(words, " ")
		out.Queries = append(out.Queries, q)
	}
	return out
}

func slip(word string, random *rand.Rand) string {
	letters := []rune(word)
	at := 1 + random.IntN(len(letters)-2)
	switch random.IntN(4) {
	case 0:
		return string(letters[:at]) + string(letters[at+1:])
	case 1:
		return string(letters[:at]) + string(letters[at]) + string(letters[at:])
	case 2:
		letters[at] = rune('a' + random.IntN(26)) //nolint:gosec // a letter
	default:
		letters[at], letters[at+1] = letters[at+1], letters[at]
	}
	return string(letters)
}
