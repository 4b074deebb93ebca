package match

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxRunes bounds the work one message can cause: what matters in a question is said well before this.
const maxRunes = 1200

// Normalised is a message read as plain English words.
type Normalised struct {
	Clean     string   // folded text as typed: Fold of it is itself
	Words     []string // English reading after phrase rules and word map
	Concepts  []string // ideas named by phrases, without doubles, in order of appearance
	Key       string   // Words without manners: two texts with one key ask the same
	Truncated bool     // the text was longer than is read
}

// Normalise reads a message: it folds the text, then rewrites Pidgin and short forms as English.
// It never fails; without the shipped word lists the words stay as typed.
func Normalise(text string) Normalised {
	lex, err := shipped()
	if err != nil {
		lex = &lexicon{}
	}
	return lex.normalise(text, nil)
}

// normalise reads text with a workspace's own rules tried before the shipped ones.
func (lex *lexicon) normalise(text string, own map[string][]rule) Normalised {
	short := firstRunes(text, maxRunes)
	clean := Fold(short)
	read := reading{lex: lex, own: own}
	words := read.rewrite(read.rewrite(split(clean)))
	n := Normalised{Clean: clean, Words: words, Concepts: read.concepts, Truncated: len(short) < len(text)}
	n.Key = lex.key(words)
	return n
}

func (lex *lexicon) key(words []string) string {
	kept := make([]string, 0, len(words))
	for _, w := range words {
		if !lex.courtesy[w] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		kept = words
	}
	return strings.Join(kept, " ")
}

func firstRunes(text string, limit int) string {
	n := 0
	for i := range text {
		if n == limit {
			return text[:i]
		}
		n++
	}
	return text
}

// reading collects the concepts that rules name while words are rewritten.
type reading struct {
	lex      *lexicon
	own      map[string][]rule
	concepts []string
}

func (r *reading) rewrite(words []string) []string {
	out := make([]string, 0, len(words)+4)
	for i := 0; i < len(words); {
		found, ok := findRule(r.own, words[i:])
		if !ok {
			found, ok = findRule(r.lex.rules, words[i:])
		}
		if !ok {
			out = append(out, words[i])
			i++
			continue
		}
		out = append(out, found.to...)
		r.note(found.concepts)
		i += len(found.from)
	}
	return out
}

func (r *reading) note(concepts []string) {
	for _, c := range concepts {
		if !slices.Contains(r.concepts, c) {
			r.concepts = append(r.concepts, c)
		}
	}
}

func findRule(rules map[string][]rule, words []string) (rule, bool) {
	for _, candidate := range rules[words[0]] {
		if startsWith(words, candidate.from) {
			return candidate, true
		}
	}
	return rule{}, false
}

func startsWith(words, prefix []string) bool {
	if len(words) < len(prefix) {
		return false
	}
	for i, w := range prefix {
		if words[i] != w {
			return false
		}
	}
	return true
}

// Fold lowers case, drops accents, punctuation and emoji, and shortens stretched letters ("plsssss").
// Folding twice changes nothing.
func Fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space := true
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(text, " ")) {
		r = unicode.ToLower(r)
		switch {
		case r == '₦':
			b.WriteString(" naira ")
			space = true
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
			space = false
		case unicode.Is(unicode.Mn, r) || isApostrophe(r) || r == '\u200d' || r == '\ufe0f':
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	return squeezeWords(b.String())
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == '`' || r == 'ʼ' }

func squeezeWords(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = squeeze(w)
	}
	return strings.Join(words, " ")
}

// squeeze shortens a letter written three times or more: to one at the end of a word, else to two.
// Digits keep their number.
func squeeze(word string) string {
	if !stretched(word) {
		return word
	}
	runes := []rune(word)
	out := make([]rune, 0, len(runes))
	for i := 0; i < len(runes); {
		j := i
		for j < len(runes) && runes[j] == runes[i] {
			j++
		}
		out = append(out, runes[i:i+keep(runes[i], j-i, j == len(runes))]...)
		i = j
	}
	return string(out)
}

func keep(r rune, run int, last bool) int {
	switch {
	case run < 3 || unicode.IsDigit(r):
		return run
	case last:
		return 1
	default:
		return 2
	}
}

func stretched(word string) bool {
	var prev rune
	run := 0
	for _, r := range word {
		if r == prev {
			run++
		} else {
			prev, run = r, 1
		}
		if run >= 3 && r != utf8.RuneError {
			return true
		}
	}
	return false
}

// split cuts folded text into words.
func split(clean string) []string { return strings.Fields(clean) }
