package main

import (
	"context"
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

func TestNothingIsLostDoubledOrUnreadableWhileEverythingBreaks(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	p := plan{
		Workspaces: 5, Rate: 6, Duration: 9 * time.Second, Seed: 3, Settle: time.Minute,
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
