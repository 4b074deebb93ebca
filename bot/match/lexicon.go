package match

import (
	"embed"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
)

//go:embed lexicon/*.txt
var lexiconFiles embed.FS

// rule rewrites a run of words; to may be empty (the words say nothing) and concepts ride along.
type rule struct {
	from, to, concepts []string
}

// lexicon is the shipped knowledge of words: Pidgin and SMS readings, concepts, manners and small talk.
// It is read once and never changes.
type lexicon struct {
	version   int
	rules     map[string][]rule   // by first word, longest first
	concepts  map[string][]string // stem to the concepts it stands for
	courtesy  map[string]bool
	smallTalk map[string]SmallTalk
	known     map[string]bool // every English word on the right of a rule
}

// shipped reads the embedded lexicon. A broken file is a broken build: its tests fail, and here it is an error.
var shipped = sync.OnceValues(readLexicon)

// LexiconVersion names the shipped word lists: the sum of the files' versions grows with every change to any of them.
func LexiconVersion() (int, error) {
	lex, err := shipped()
	if err != nil {
		return 0, err
	}
	return lex.version, nil
}

func readLexicon() (*lexicon, error) {
	lex := &lexicon{
		rules: map[string][]rule{}, concepts: map[string][]string{}, courtesy: map[string]bool{},
		smallTalk: map[string]SmallTalk{}, known: map[string]bool{},
	}
	readers := []struct {
		file string
		line func(string) error
	}{
		{"phrases.txt", lex.readRule},
		{"tokens.txt", lex.readRule},
		{"concepts.txt", lex.readConcept},
		{"courtesy.txt", lex.readCourtesy},
		{"smalltalk.txt", lex.readSmallTalk},
	}
	for _, r := range readers {
		if err := lex.readFile(r.file, r.line); err != nil {
			return nil, err
		}
	}
	lex.sortRules()
	return lex, nil
}

func (lex *lexicon) readFile(name string, line func(string) error) error {
	data, err := lexiconFiles.ReadFile("lexicon/" + name)
	if err != nil {
		return fmt.Errorf("read lexicon %s: %w", name, err)
	}
	for n, text := range strings.Split(string(data), "\n") {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if v, ok := strings.CutPrefix(text, "version:"); ok {
			err = lex.addVersion(v)
		} else {
			err = line(text)
		}
		if err != nil {
			return fmt.Errorf("lexicon %s line %d: %w", name, n+1, err)
		}
	}
	return nil
}

func (lex *lexicon) addVersion(text string) error {
	v, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	lex.version += v
	return nil
}

func (lex *lexicon) readRule(text string) error {
	left, right, ok := strings.Cut(text, "=")
	from := split(Fold(left))
	if !ok || len(from) == 0 {
		return fmt.Errorf("want words = words, got %q", text)
	}
	return lex.addRule(newRule(from, right))
}

func newRule(from []string, right string) rule {
	r := rule{from: from}
	for word := range strings.FieldsSeq(right) {
		if concept, ok := strings.CutPrefix(word, "~"); ok {
			r.concepts = append(r.concepts, concept)
		} else {
			r.to = append(r.to, split(Fold(word))...)
		}
	}
	return r
}

func (lex *lexicon) addRule(r rule) error {
	first := r.from[0]
	for _, other := range lex.rules[first] {
		if strings.Join(other.from, " ") != strings.Join(r.from, " ") {
			continue
		}
		if strings.Join(other.to, " ") != strings.Join(r.to, " ") {
			return fmt.Errorf("%q has two readings", strings.Join(r.from, " "))
		}
		return nil
	}
	lex.rules[first] = append(lex.rules[first], r)
	for _, word := range r.to {
		lex.known[word] = true
	}
	return nil
}

func (lex *lexicon) sortRules() {
	for _, rules := range lex.rules {
		sort.SliceStable(rules, func(i, j int) bool { return len(rules[i].from) > len(rules[j].from) })
	}
}

func (lex *lexicon) readConcept(text string) error {
	name, words, ok := strings.Cut(text, ":")
	if !ok {
		return fmt.Errorf("want concept: words, got %q", text)
	}
	for word := range strings.FieldsSeq(words) {
		key := stem(word)
		if !slices.Contains(lex.concepts[key], name) {
			lex.concepts[key] = append(lex.concepts[key], name)
		}
		lex.known[word] = true
	}
	return nil
}

func (lex *lexicon) readCourtesy(text string) error {
	lex.courtesy[text] = true
	lex.known[text] = true
	return nil
}
