package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/bot/match"
)

// TestWhatWasFittedBelongsToItsSources fails when the word lists, the made-up shops, the training program or a fitted file
// changed alone.
func TestWhatWasFittedBelongsToItsSources(t *testing.T) {
	t.Parallel()
	want, err := readManifest("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := newManifest("..", want.Version, want.Sources)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the fitted files do not belong to these sources: fit again (README of package match), or run "+
			"`go run ./bot/match/train -stamp -out bot/match` when the change cannot change the fit (-manifest +files):\n%s", diff)
	}
}

func TestTheCalibrationNamesTheSourcesOfTheManifest(t *testing.T) {
	t.Parallel()
	m, err := readManifest("..")
	if err != nil {
		t.Fatal(err)
	}
	model, err := match.ShippedModel()
	if err != nil {
		t.Fatal(err)
	}
	if m.Version != model.Calibration.Version {
		t.Errorf("manifest of version %d beside a calibration of version %d", m.Version, model.Calibration.Version)
	}
	for _, name := range model.Calibration.Files {
		_, source := m.Sources[name]
		_, own := m.Own["train/"+name]
		if !source && !own {
			t.Errorf("the calibration was fitted on %s, which the manifest does not list", name)
		}
	}
	for name := range m.Sources {
		if strings.HasPrefix(name, "hint3") || strings.HasPrefix(name, "stack") {
			t.Errorf("fitted on %s, whose licence does not allow it", name)
		}
		if !slices.Contains(model.Calibration.Files, name) {
			t.Errorf("%s is a source, and the calibration does not say so", name)
		}
	}
}

func TestAChangedFileChangesTheManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "background.txt")
	for _, text := range []string{"a", "b"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := newManifest(dir, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.write(dir); err != nil {
			t.Fatal(err)
		}
		again, err := readManifest(dir)
		if err != nil || cmp.Diff(m, again) != "" {
			t.Errorf("%v, %v", err, again)
		}
		if text == "b" && again.Fitted["background.txt"] == sumOfText(t, dir, "a") {
			t.Error("the change was not noticed")
		}
	}
}

func sumOfText(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "text")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := sumOf(path)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
