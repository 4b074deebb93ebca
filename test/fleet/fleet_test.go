package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

func TestALineIsBackOnlyWithANewLoginThatLasts(t *testing.T) {
	t.Parallel()
	cut := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds int) time.Time { return cut.Add(time.Duration(seconds) * time.Second) }
	over := func(from, to int) rig.Line { end := at(to); return rig.Line{OpenedAt: at(from), ClosedAt: &end} }
	open := func(from int) rig.Line { return rig.Line{OpenedAt: at(from)} }
	for name, one := range map[string]struct {
		lines []rig.Line
		back  bool
	}{
		"never linked":           {nil, false},
		"still the old line":     {[]rig.Line{open(-9)}, false},
		"cut and away":           {[]rig.Line{over(-9, 0)}, false},
		"back":                   {[]rig.Line{over(-9, 0), open(4)}, true},
		"back and away again":    {[]rig.Line{over(-9, 0), over(4, 5)}, false},
		"half open, not closed":  {[]rig.Line{open(-9), open(4)}, true},
		"back at the second try": {[]rig.Line{over(-9, 0), over(4, 5), open(6)}, true},
	} {
		if _, back := loggedIn(rig.Record{Connections: one.lines}, cut); back != one.back {
			t.Errorf("%s: back is %v", name, back)
		}
	}
	if since, _ := loggedIn(rig.Record{Connections: []rig.Line{over(-9, 0), over(4, 5), open(6)}}, cut); since.Sub(cut) != 6*time.Second {
		t.Errorf("back after %v", since.Sub(cut))
	}
}

func TestOnlyTheMessagesOwnConfirmationCounts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	record := rig.Record{Journal: []rig.Frame{
		{What: "delivered", Class: "message", ID: "A", At: at},
		{What: "confirmed", Class: "receipt", ID: "A", At: at},
		{What: "confirmed", Class: "message", ID: "B", At: at.Add(time.Second)},
	}}
	if _, found := confirmedAt(record, "A"); found {
		t.Error("A was delivered, and a receipt of its name confirmed; it was not")
	}
	if got, found := confirmedAt(record, "B"); !found || got.Sub(at) != time.Second {
		t.Errorf("B was confirmed at %v, %v", got, found)
	}
}

func TestWorkIsResumedWhenReadyAndAMessageIsRecorded(t *testing.T) {
	t.Parallel()
	back := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := resumedAfter(time.Second, back, []time.Time{back.Add(4 * time.Second), back.Add(3 * time.Second)}); got != 3 {
		t.Errorf("resumed after %v", got)
	}
	if got := resumedAfter(5*time.Second, back, []time.Time{back.Add(3 * time.Second)}); got != 5 {
		t.Errorf("resumed after %v", got)
	}
	if got := resumedAfter(time.Second, back, nil); !math.IsNaN(got) {
		t.Errorf("resumed after %v with nothing recorded", got)
	}
}

func TestAPlanThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--rows", "moon"}, {"--workspaces", "1"}, {"--single", "0"}, {"--restarted", "0"}} {
		if _, err := readPlan(args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
	p, err := readPlan([]string{"--workspaces", "30", "--rows", "cold,drop"})
	if err != nil || p.Restarted != 30 || p.Single != 20 || !p.has(rowCold) || p.has(rowMemory) {
		t.Errorf("%+v, %v", p, err)
	}
	if got := steps(1000); !slices.Equal(got, []int{100, 250, 500, 1000}) {
		t.Errorf("steps %v", got)
	}
	if got := steps(2); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("steps %v", got)
	}
}
