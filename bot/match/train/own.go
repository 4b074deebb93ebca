package main

import (
	"embed"
	"fmt"
	"strings"

	"switchboard.example/bot/match/eval"
)

//go:embed own/*.txt
var ownFiles embed.FS

// Files that only the vectors learn from; the others are shops.
const (
	wordsFile = "own/words.txt" // words of one meaning
	waysFile  = "own/ways.txt"  // ways of asking for the same, whatever it is about
)

// synonyms are words, or short runs of words, that people swap for one another.
type synonyms []string

// ownNames lists the files of our own writing that every fit uses.
func ownNames() ([]string, error) {
	entries, err := ownFiles.ReadDir("own")
	if err != nil {
		return nil, fmt.Errorf("list own shops: %w", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, "own/"+e.Name())
	}
	return names, nil
}

// ownSets reads the shops of our own writing.
func ownSets() ([]*eval.Set, error) {
	names, err := ownNames()
	if err != nil {
		return nil, err
	}
	var sets []*eval.Set
	for _, name := range names {
		if name == wordsFile || name == waysFile {
			continue
		}
		data, err := ownFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read own shops: %w", err)
		}
		more, err := eval.ReadShops(string(data))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		sets = append(sets, more...)
	}
	return sets, nil
}

// ownSynonyms reads the words of one meaning, and the ways of asking for one thing.
func ownSynonyms() (words, asked []synonyms, err error) {
	lines, err := ownLines(wordsFile)
	if err != nil {
		return nil, nil, err
	}
	for _, line := range lines {
		words = append(words, strings.Split(line, ", "))
	}
	if lines, err = ownLines(waysFile); err != nil {
		return nil, nil, err
	}
	return words, askEach(lines), nil
}

// wishesPerThing is how many wishes each thing is asked in: enough to tell wish from thing, and quick to learn.
const wishesPerThing = 4

// askEach puts the things into the ways of asking: each list asks one wish for one thing, by all its names in turn.
// Neighbouring things share wishes, so that neither the wish nor the thing alone tells two lists apart.
func askEach(lines []string) []synonyms {
	var ways, things []string
	for _, line := range lines {
		if list, ok := strings.CutPrefix(line, "things: "); ok {
			things = append(things, strings.Split(list, ", ")...)
		} else {
			ways = append(ways, line)
		}
	}
	var out []synonyms
	for i, thing := range things {
		names := strings.Split(thing, " / ")
		for j := range min(wishesPerThing, len(ways)) {
			texts := strings.Split(ways[(i/2*wishesPerThing+j)%len(ways)], " | ")
			for n := range texts {
				texts[n] = strings.ReplaceAll(texts[n], "@", names[(n+j)%len(names)])
			}
			out = append(out, texts)
		}
	}
	return out
}

// ownLines are the lines of one of our files, without remarks.
func ownLines(name string) ([]string, error) {
	data, err := ownFiles.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read own words: %w", err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out, nil
}
