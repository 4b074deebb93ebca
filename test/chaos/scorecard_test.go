package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOnlyAReplyThatCouldBeReadIsDelivered(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		spoil    func(*evidence)
		answered int
	}{
		"both":             {func(*evidence) {}, 2},
		"one did not come": {func(e *evidence) { e.Phones[ada] = e.Phones[ada][:1] }, 1},
		"one unreadable":   {func(e *evidence) { e.Phones[ada][1].Status = "failed" }, 1},
		"one not decided":  {func(e *evidence) { e.Facts = e.Facts[:3] }, 1},
	} {
		e := peace()
		one.spoil(&e)
		if counted, _ := check(e); counted.Answered != one.answered {
			t.Errorf("%s: %d answered", name, counted.Answered)
		}
	}
}

func TestAMissedFigureFailsTheRun(t *testing.T) {
	t.Parallel()
	sends := plan{Faults: []string{faultAckError, faultDrop}}
	mix := plan{Faults: allFaults()}
	good := result{Struck: map[string]int{faultAckError: 50, faultDrop: 5}, Figures: figures{Written: 1000, Answered: 999, Replies: 999}, Lines: spread{N: 3, P99: 29 * time.Second}, Looks: 1}
	for name, one := range map[string]struct {
		plan   plan
		spoil  func(*result)
		missed string
	}{
		"nothing":               {sends, func(*result) {}, ""},
		"too few delivered":     {sends, func(r *result) { r.Figures.Answered = 990 }, "replies delivered"},
		"no send failed":        {sends, func(r *result) { r.Struck = map[string]int{faultDrop: 5} }, "replies delivered"},
		"the same in a mix":     {mix, func(r *result) { r.Figures.Answered = 990 }, ""},
		"a message lost":        {mix, func(r *result) { r.Figures.Lost = 1 }, "messages lost"},
		"one answered twice":    {mix, func(r *result) { r.Figures.Doubled = 1 }, "answered twice"},
		"one unreadable":        {mix, func(r *result) { r.Figures.Garbled = 1 }, "unreadable"},
		"lines back late":       {plan{Faults: []string{faultDrop}}, func(r *result) { r.Lines.P99 = 31 * time.Second }, "back online"},
		"no line was cut":       {plan{Faults: []string{faultDrop}}, func(r *result) { r.Lines = spread{} }, "back online"},
		"shown wrongly":         {mix, func(r *result) { r.Lies = spread{N: 1, Max: 6 * time.Second} }, "status shown"},
		"half open for so long": {mix, func(r *result) { r.HalfOpen = spread{N: 1, Max: 46 * time.Second} }, "half-open"},
	} {
		r := good
		one.spoil(&r)
		err := r.scorecard(one.plan).Missed()
		if (err != nil) != (one.missed != "") || err != nil && !strings.Contains(err.Error(), one.missed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheHeapIsLookedAtFromTheFirstLinkingToTheLast(t *testing.T) {
	t.Parallel()
	for relinks, want := range map[int][]int{200: {0, 50, 100, 200}, 2: {0, 1, 2}, 1: {0, 1}} {
		if got := marks(relinks); !slices.Equal(got, want) {
			t.Errorf("%d: %v", relinks, got)
		}
	}
}

func TestAClientLeftBehindAtEachLinkingIsSeen(t *testing.T) {
	t.Parallel()
	const heap, client = 10_000, 120 // KiB
	for name, one := range map[string]struct {
		after, relinks int
		tooMuch        bool
	}{
		"what the feed keeps":       {heap + 3*100, 100, false},
		"one client in twenty":      {heap + 3*100 + 5*client, 100, false}, // within a tenth of the whole
		"a client at each":          {heap + 100*client, 100, true},
		"the same over a long time": {heap + 100*client, 5000, true},
	} {
		if got := grewTooMuch(heap, one.after, one.relinks); got != one.tooMuch {
			t.Errorf("%s: %v", name, got)
		}
	}
}
