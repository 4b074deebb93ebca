package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// What the whole path should take at 100 workspaces and 20 messages per second.
const (
	targetP50 = 20.0 // ms
	pacedP50  = 1200.0
	pacedP95  = 2000.0
	targetP99 = 80.0 // ms
)

func (r *result) print(p plan) error {
	r.table(os.Stdout)
	for _, err := range r.wrong[:min(len(r.wrong), 5)] {
		fmt.Fprintln(os.Stderr, "refused:", err)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if p.JSON == "" {
		_, err = fmt.Println(string(text))
		return err
	}
	return os.WriteFile(p.JSON, append(text, '\n'), 0o644) //nolint:gosec // a report, for everybody
}

func (r *result) table(w io.Writer) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("\n%d workspaces, %.0f messages/s for %.0f s, seed %d", r.Workspaces, r.Rate, r.Seconds, r.Seed)
	line("%d customers wrote %d messages: %d answered, %d lost, %d doubled, %d repeated copies, %d refused",
		r.Customers, r.Written, r.Answered, r.Lost, r.Doubled, r.Copies, r.Refused)
	line("this program was at most %.1f ms behind its plan\n", r.LateMS)
	line("%-34s %6s  %9s  %9s  %9s  %9s  %9s", "milliseconds", "n", "p50", "p90", "p95", "p99", "max")
	line("%-34s %s", "message sent → reply decrypted", r.Reply)
	for _, address := range slices.Sorted(maps.Keys(r.ByAddress)) {
		line("%-34s %s", "  by "+address, r.ByAddress[address])
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
	if r.Pacing {
		line("\ntarget with pacing: p50 ≤ %.0f ms (%s), p95 ≤ %.0f ms (%s), none lost or doubled (%s)\n",
			pacedP50, met(r.Reply.P50 <= pacedP50), pacedP95, met(r.Reply.P95 <= pacedP95), met(r.Lost+r.Doubled == 0))
		return
	}
	line("\ntarget at 100 workspaces, 20 messages/s: p50 ≤ %.0f ms (%s), p99 ≤ %.0f ms (%s), none lost or doubled (%s)\n",
		targetP50, met(r.Reply.P50 <= targetP50), targetP99, met(r.Reply.P99 <= targetP99), met(r.Lost+r.Doubled == 0))
}

func met(ok bool) string {
	if ok {
		return "met"
	}
	return "missed"
}
