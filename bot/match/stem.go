package match

import (
	"slices"

	"github.com/kljensen/snowball/english"
)

// stem cuts an English word to its root, so that "delivering" meets "delivery" half way.
func stem(word string) string {
	if len(word) > 40 {
		return word
	}
	return english.Stem(word, true)
}

// Stems lists the different stems of a text's meaningful words, for the training program.
func Stems(text string) []string {
	lex, err := shipped()
	if err != nil {
		return nil
	}
	stems := lex.extract(lex.normalise(text, nil)).stems
	slices.Sort(stems)
	return slices.Compact(stems)
}
