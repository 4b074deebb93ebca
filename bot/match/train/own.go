package main

import (
	"embed"
	"fmt"

	"switchboard.example/bot/match/eval"
)

//go:embed own/*.txt
var ownFiles embed.FS

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
