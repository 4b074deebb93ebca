package domain

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberLike finds what reads like a phone or account number: digits in groups of three or more. How many there are is counted.
var numberLike = regexp.MustCompile(`(?:\+\d{1,3}[ -]?)?\d{3,}(?:[ -]\d{3,})*|[^\s@]+@[^\s@]+\.\pL{2,}`)

// Digits of a phone or account number: Nigerian accounts have ten, no number of the world has more than fifteen.
const (
	fewestDigits = 10
	mostDigits   = 15
)

// shortestName is the fewest letters of a name's word that is looked for.
const shortestName = 3

// PersonalIn lists what of a text said to one person may be about that person alone, as it is written there: phone and account
// numbers, e-mail addresses, and words of the person's name. It is a hint for who makes the text public, no proof of anything.
func PersonalIn(text, name string) []string {
	var found []string
	add := func(part string) {
		if !slices.Contains(found, part) {
			found = append(found, part)
		}
	}
	for _, part := range numberLike.FindAllString(text, -1) {
		if n := countDigits(part); strings.Contains(part, "@") || n >= fewestDigits && n <= mostDigits {
			add(part)
		}
	}
	named := inWords(name)
	for _, word := range inWords(numberLike.ReplaceAllString(text, " ")) {
		if utf8.RuneCountInString(word) >= shortestName && slices.ContainsFunc(named, func(n string) bool { return strings.EqualFold(n, word) }) {
			add(word)
		}
	}
	return found
}

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

func inWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}
