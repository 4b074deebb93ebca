package eval_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

var acceptScores = flag.Bool("accept-scores", false, "write today's scores as the floors; say in the commit why they may move")

const (
	shopsFile  = "testdata/shops.txt"
	floorsFile = "testdata/floors.json"
	besideRepo = "../../../../shared/faq/dev" // where the development sets stand, if they are there
)

// TestScoresDoNotDrop measures the shipped matcher on the hand-written shops, and on the development sets where they are
// present: in the folder named by SWITCHBOARD_FAQ_DEV, or beside the checkout.
func TestScoresDoNotDrop(t *testing.T) {
	if testing.Short() {
		t.Skip("measures whole sets")
	}
	sets := gateSets(t)
	floors := readFloors(t)
	model, err := match.ShippedModel()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sets {
		for _, k := range s.Depths() {
			name := s.Name + " " + eval.DepthName(k)
			m := eval.Measure(s, eval.PredictWith(model, s, k))
			t.Logf("%-32s %s", name, m)
			if *acceptScores {
				floors[name] = m.Floor()
				continue
			}
			floor, ok := floors[name]
			if !ok {
				t.Errorf("%s has no floor: run this test with -accept-scores", name)
			}
			for _, worse := range m.Below(floor) {
				t.Errorf("%s: %s", name, worse)
			}
		}
	}
	if *acceptScores {
		writeFloors(t, floors)
	}
}

func gateSets(t *testing.T) []*eval.Set {
	t.Helper()
	text, err := os.ReadFile(shopsFile)
	if err != nil {
		t.Fatal(err)
	}
	sets, err := eval.ReadShops(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if raceDetector {
		t.Logf("NOT MEASURED on the development sets: it takes minutes under the race detector; make scores does it without")
		return sets
	}
	dir, named := os.LookupEnv("SWITCHBOARD_FAQ_DEV")
	if !named {
		dir = filepath.FromSlash(besideRepo)
	}
	more, err := eval.LoadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case len(more) == 0 && named:
		t.Fatalf("SWITCHBOARD_FAQ_DEV names %q, where there are no sets", dir)
	case len(more) == 0:
		t.Logf("NOT MEASURED on the development sets: they are not beside the checkout; name their folder in SWITCHBOARD_FAQ_DEV")
	}
	return append(sets, more...)
}

func readFloors(t *testing.T) map[string]eval.Floor {
	t.Helper()
	floors := map[string]eval.Floor{}
	data, err := os.ReadFile(floorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &floors); err != nil {
		t.Fatal(err)
	}
	return floors
}

func writeFloors(t *testing.T, floors map[string]eval.Floor) {
	t.Helper()
	data, err := json.MarshalIndent(floors, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(floorsFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAWorseScoreIsNamed(t *testing.T) {
	t.Parallel()
	accepted := eval.Figures{Top1: 0.9, Precision: 0.95, Answered: 0.5, Solved: 0.8, Wrong: 0.02, OffTopic: 0.01}
	if worse := accepted.Below(accepted.Floor()); len(worse) != 0 {
		t.Errorf("the same figures are worse: %v", worse)
	}
	for i, f := range []eval.Figures{
		{Top1: 0.89, Precision: 0.95, Answered: 0.5, Solved: 0.8, Wrong: 0.02, OffTopic: 0.01},
		{Top1: 0.9, Precision: 0.94, Answered: 0.5, Solved: 0.8, Wrong: 0.02, OffTopic: 0.01},
		{Top1: 0.9, Precision: 0.95, Answered: 0.49, Solved: 0.8, Wrong: 0.02, OffTopic: 0.01},
		{Top1: 0.9, Precision: 0.95, Answered: 0.5, Solved: 0.79, Wrong: 0.02, OffTopic: 0.01},
		{Top1: 0.9, Precision: 0.95, Answered: 0.5, Solved: 0.8, Wrong: 0.03, OffTopic: 0.01},
		{Top1: 0.9, Precision: 0.95, Answered: 0.5, Solved: 0.8, Wrong: 0.02, OffTopic: 0.02},
	} {
		if worse := f.Below(accepted.Floor()); len(worse) != 1 {
			t.Errorf("case %d: %v", i, worse)
		}
	}
}
