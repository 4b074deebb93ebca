package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// manifest ties together what belongs to one version of the matcher: the program, what it read and what it made.
// A test fails when one of them changes alone.
type manifest struct {
	Version int               `json:"version"`
	Sources map[string]string `json:"sources"` // sets named on the command line, by file name; they are kept elsewhere
	Own     map[string]string `json:"own"`     // what we wrote ourselves: word lists and made-up shops
	Program map[string]string `json:"program"` // the training program
	Fitted  map[string]string `json:"fitted"`  // what it made
}

const manifestName = "manifest.json"

// Patterns of the files of a version, below the matcher's folder.
var (
	ownPatterns     = []string{"lexicon/*.txt", "train/own/*.txt"}
	programPatterns = []string{"train/*.go"}
	fittedPatterns  = []string{"calibration.json", "background.txt", "vectors.bin"}
)

// newManifest reads the files below dir; sources are those of the last fit.
func newManifest(dir string, version int, sources map[string]string) (manifest, error) {
	m := manifest{Version: version, Sources: sources}
	for _, group := range []struct {
		sums     *map[string]string
		patterns []string
	}{{&m.Own, ownPatterns}, {&m.Program, programPatterns}, {&m.Fitted, fittedPatterns}} {
		sums, err := sumsOf(dir, group.patterns)
		if err != nil {
			return m, err
		}
		*group.sums = sums
	}
	return m, nil
}

func sumsOf(dir string, patterns []string) (map[string]string, error) {
	sums := map[string]string{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", pattern, err)
		}
		for _, path := range slices.DeleteFunc(paths, isTest) {
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return nil, fmt.Errorf("name %s: %w", path, err)
			}
			if sums[filepath.ToSlash(name)], err = sumOf(path); err != nil {
				return nil, err
			}
		}
	}
	return sums, nil
}

func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }

func sumOf(path string) (string, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return "", fmt.Errorf("sum up: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

func readManifest(dir string) (manifest, error) {
	var m manifest
	data, err := os.ReadFile(filepath.Join(dir, manifestName)) //nolint:gosec // the caller names the folder
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	return m, nil
}

func (m manifest) write(dir string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName), append(data, '\n'), 0o644); err != nil { //nolint:gosec // a source, readable by all
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// stamp renews the sums after a change that cannot change what is fitted, such as a comment.
func stamp(dir string) error {
	old, err := readManifest(dir)
	if err != nil {
		return err
	}
	m, err := newManifest(dir, old.Version, old.Sources)
	if err != nil {
		return err
	}
	return m.write(dir)
}

// stampFit writes the manifest of a new fit.
func stampFit(dir string, version int, paths []string) error {
	sources := map[string]string{}
	for _, path := range paths {
		sum, err := sumOf(path)
		if err != nil {
			return err
		}
		sources[filepath.Base(path)] = sum
	}
	m, err := newManifest(dir, version, sources)
	if err != nil {
		return err
	}
	return m.write(dir)
}
