package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"switchboard.example/test/rig"
)

// result is what came of a run.
type result struct {
	Command    string         `json:"command"`
	Seed       uint64         `json:"seed"`
	Figures    figures        `json:"figures"`
	Struck     map[string]int `json:"struck"` // strikes, by fault
	Settled    time.Duration  `json:"settled"`
	Left       unrest         `json:"left"`
	Back       spread         `json:"back"`      // per connection, after each start of server or phones
	Whole      spread         `json:"whole"`     // per start, until nearly all connections
	Lines      spread         `json:"lines"`     // by the log: a line that was lost, until it was connected again
	Ready      spread         `json:"ready"`     // the database ended, until the server was ready again
	Resumed    spread         `json:"resumed"`   // the database took writes again, until the server was ready
	Cut        int            `json:"cut"`       // starts followed by another before that
	Restarts   int            `json:"restarts"`  // starts that failed and were tried again
	Drained    drained        `json:"drained"`   // what was written while the server was away
	Lies       spread         `json:"lies"`      // how long a line was shown as what it was not
	HalfOpen   spread         `json:"half_open"` // the same, of half-open lines
	Looks      int            `json:"looks"`
	Before     vitals         `json:"before"`
	After      vitals         `json:"after"`
	Logged     int            `json:"logged"` // lines the server printed
	Load       string         `json:"load"`   // of the machine, in the end
	Violations []violation    `json:"violations"`
}

// spread is how durations are distributed.
type spread struct {
	N             int
	P50, P99, Max time.Duration
}

func spreadOf(took []time.Duration) spread {
	if len(took) == 0 {
		return spread{}
	}
	return spread{N: len(took), P50: rig.Quantile(took, 0.50), P99: rig.Quantile(took, 0.99), Max: rig.Quantile(took, 1)}
}

func (s spread) String() string {
	return fmt.Sprintf("n %d, p50 %.1f s, p99 %.1f s, max %.1f s", s.N, s.P50.Seconds(), s.P99.Seconds(), s.Max.Seconds())
}

const mostShown = 12 // violations of one rule that are printed; the file has all

func (r *result) print(w io.Writer) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	f := r.Figures
	line("\nseed %d: %s", r.Seed, r.Command)
	line("struck: %v", r.Struck)
	line("%d messages written, %d lost, %d without a reply, %d replies given up (%d messages answered with another)",
		f.Written, f.Lost, f.Missing, f.Failed, f.Merged)
	line("%d replies read, %d doubled, %d unreadable; %d copies that phones did not show, %d messages asked for again",
		f.Replies, f.Doubled, f.Garbled, f.Copies, f.AskAgain)
	line("%d messages came in over two minutes late and were left unanswered for that", f.TooOld)
	line("%d customers were told that their message could not be read, before a copy came that could", f.Sorry)
	line("a connection back after a start: %v", r.Back)
	line("nearly all connections back:     %v (%d cut off by the next kill, %d starts tried again)", r.Whole, r.Cut, r.Restarts)
	line("a lost line back, by the log:    %v", r.Lines)
	line("ready after the database ended:  %v", r.Ready)
	line("ready after it was written again: %v", r.Resumed)
	line("shown wrongly:                   %v (%d looks)", r.Lies, r.Looks)
	line("shown wrongly while half open:   %v", r.HalfOpen)
	if r.Drained.Messages > 0 {
		line("written while it was away:       %v", r.Drained)
	}
	line("held before: %+v; in the end: %+v; %d lines logged; load average %s", r.Before, r.After, r.Logged, r.Load)
	line("quiet %.1f s after the last message", r.Settled.Seconds())
	shown := map[string]int{}
	for _, v := range r.Violations {
		if shown[v.Rule]++; shown[v.Rule] <= mostShown {
			line("VIOLATION: %s: %s", v.Rule, v.What)
		}
	}
	line("%d violations", len(r.Violations))
}

// keep writes the evidence into a folder, so that a failure can be studied.
func (r *result) keep(folder string, s *site, h *history, e evidence) error {
	if err := os.MkdirAll(folder, 0o750); err != nil { //nolint:gosec // the folder that was asked for
		return fmt.Errorf("keep the evidence: %w", err)
	}
	if err := cmp.Or(h.write(folder), writeLines(filepath.Join(folder, "log.jsonl"), e.Facts)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(map[string]any{"result": r, "phones": e.Phones, "shops": e.Shops, "log": e.Log}, "", " ")
	if err != nil {
		return err
	}
	for name, content := range map[string]string{"result.json": string(text), "server.txt": s.server.output(), "sandbox.txt": s.sandbox.output()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil { //nolint:gosec // the folder that was asked for
			return fmt.Errorf("keep the evidence: %w", err)
		}
	}
	return nil
}
