package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

func TestNothingIsLostDoubledOrUnreadableWhileEverythingBreaks(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	p := plan{
		Workspaces: 5, Rate: 6, Duration: 9 * time.Second, Seed: 39, Settle: time.Minute,
		Faults: []string{faultKill, faultPostgres, faultPhones, faultDrop, faultDuplicate, faultAckError},
	}
	r, err := run(ctx, p, printed{t})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
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
