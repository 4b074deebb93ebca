package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"switchboard.example/test/rig"
)

// What the whole path should take at a person's pace.
var (
	pacedMedian = rig.Limit{What: "message → reply at a person's pace, p50", Unit: "ms", Must: 1200, Aim: 1200}
	pacedTail   = rig.Limit{What: "message → reply at a person's pace, p95", Unit: "ms", Must: 2000, Aim: 2000}
)

// The size that the limits without pacing are for.
const (
	fullFleet = 1000
	fullRate  = 50
)

// scorecard puts the figures beside their limits. Smaller runs than the limits are for are told and not judged, but nothing may
// be lost or doubled in any.
func (r *result) scorecard() *rig.Scorecard {
	var card rig.Scorecard
	if r.Pacing {
		card.Add(pacedMedian, r.Reply.P50, "")
		card.Add(pacedTail, r.Reply.P95, "")
	} else {
		full := r.Workspaces >= fullFleet && r.Rate >= fullRate
		size := fmt.Sprintf("%d workspaces, %.0f messages/s", r.Workspaces, r.Rate)
		card.AddIf(full, rig.ReplyMedian, r.Reply.P50, size)
		card.AddIf(full, rig.ReplyTail, r.Reply.P99, size)
	}
	card.Add(rig.Lost, float64(r.Lost+r.Refused), fmt.Sprintf("of %d", r.Written+r.Refused))
	card.Add(rig.Doubled, float64(r.Doubled), "")
	return &card
}

func (r *result) print(p plan) error {
	r.table(os.Stdout)
	card := r.scorecard()
	card.Print(os.Stdout)
	for _, err := range r.wrong[:min(len(r.wrong), 5)] {
		fmt.Fprintln(os.Stderr, "refused:", err)
	}
	return errors.Join(r.write(p.JSON), card.Missed())
}

// write writes the result as JSON into a file, or after the table.
func (r *result) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if file == "" {
		_, err = fmt.Println(string(text))
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) //nolint:gosec // a report, for everybody
}

func (r *result) table(w io.Writer) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("\n%d workspaces, %.0f messages/s for %.0f s, untimed for %.0f s before, seed %d", r.Workspaces, r.Rate, r.Seconds, r.Warm, r.Seed)
	line("%d customers wrote %d messages: %d answered, %d lost, %d doubled, %d repeated copies, %d refused",
		r.Customers, r.Written, r.Answered, r.Lost, r.Doubled, r.Copies, r.Refused)
	line("this program was at most %.1f ms behind its plan\n", r.LateMS)
	line("%-34s %6s  %9s  %9s  %9s  %9s  %9s", "milliseconds", "n", "p50", "p90", "p95", "p99", "max")
	line("%-34s %s", "message sent → reply decrypted", r.Reply)
	for _, address := range slices.Sorted(maps.Keys(r.ByAddress)) {
		line("%-34s %s", "  by "+address, r.ByAddress[address])
	}
	for _, writer := range slices.Sorted(maps.Keys(r.ByWriter)) {
		line("%-34s %s", "  of customers that are "+writer, r.ByWriter[writer])
	}
	for _, s := range r.Stages {
		line("%-34s %s", "  "+s.Name, s.Took)
	}
	line("%-34s %s", "code asked for → connected", r.Link)
	line("\n%-12s %10s %10s %10s %12s", "process", "CPU s", "of a core", "idle", "memory MiB")
	for _, name := range slices.Sorted(maps.Keys(r.Processes)) {
		u := r.Processes[name]
		line("%-12s %10.2f %9.0f%% %9.0f%% %12.0f", name, u.CPUSeconds, 100*u.CPUShare, 100*r.Idle[name].CPUShare, u.MemoryMiB)
	}
}
