package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard.example/adapters/whatsapp/failpoint"
)

// printed passes what is printed on to the test.
type printed struct{ t *testing.T }

func (l printed) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

func TestWhatIsReallyLostIsReported(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	p := plan{Workspaces: 2, Rate: 20, Duration: 2 * time.Second, Seed: 5, Settle: time.Minute, Faults: []string{faultLose}, Keep: t.TempDir()}
	r, err := run(ctx, p, printed{t})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, v := range r.Violations {
		found[v.Rule]++
	}
	if r.Figures.Missing == 0 || found[ruleLoss] != r.Figures.Lost || found[ruleReply] < r.Figures.Missing {
		t.Errorf("%d messages are lost and %d have no reply, reported are %v", r.Figures.Lost, r.Figures.Missing, found)
	}
	for _, name := range []string{"history.jsonl", "log.jsonl", "result.json", "server.txt", "sandbox.txt"} {
		if info, err := os.Stat(filepath.Join(p.Keep, name)); err != nil || name != "sandbox.txt" && info.Size() == 0 {
			t.Errorf("%s was not kept: %v", name, err)
		}
	}
}

func TestNothingIsLostOrDoubledWhereverTheServerEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	p := plan{
		Workspaces: 3, Rate: 8, Duration: 15 * time.Second, Seed: 11, Settle: 2 * time.Minute, Faults: []string{faultPoints}, Points: failpoint.All(),
	}
	r, err := run(ctx, p, printed{t})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range safety(r.Violations) {
		t.Errorf("%s: %s", v.Rule, v.What)
	}
	ends := 0
	for _, point := range failpoint.All() {
		ends += r.Struck[point]
	}
	if ends == 0 {
		t.Error("the server never ended at a point")
	}
}

// safety leaves out what depends on how busy the machine is.
func safety(all []violation) []violation {
	return slices.DeleteFunc(slices.Clone(all), func(v violation) bool { return v.Rule == ruleTimely || v.Rule == ruleBounded })
}

func TestNothingIsLostDoubledOrUnreadableWhileEverythingBreaks(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	p := plan{
		Workspaces: 5, Rate: 6, Duration: 9 * time.Second, Seed: 39, Settle: time.Minute,
		Faults: []string{
			faultKill, faultPostgres, faultPhones, faultDrop, faultDuplicate, faultAckError, faultMalformed, faultCutFrame, faultReorder, faultClose,
		},
	}
	r, err := run(ctx, p, printed{t})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range safety(r.Violations) {
		t.Errorf("%s: %s", v.Rule, v.What)
	}
	for _, fault := range []string{faultKill, faultPostgres, faultPhones} {
		if r.Struck[fault] == 0 {
			t.Errorf("%s never struck", fault)
		}
	}
	if r.Figures.Written < 50 || r.Figures.Replies < 50 {
		t.Errorf("only %d messages and %d replies", r.Figures.Written, r.Figures.Replies)
	}
}
