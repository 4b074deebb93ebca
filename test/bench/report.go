package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"
)

// row is one benchmark: the ratio of each repetition, and what it should be.
type row struct {
	Number  string    `json:"number"` // in the list of benchmarks of the design
	Name    string    `json:"name"`
	Target  string    `json:"target"`
	Unit    string    `json:"unit"` // what the ratio is to
	Ratios  []float64 `json:"ratios"`
	Median  float64   `json:"median"`
	Details []string  `json:"details"` // what was measured, per repetition

	met func(float64) bool
}

type report struct{ rows []*row }

func atMost(limit float64) func(float64) bool  { return func(r float64) bool { return r <= limit } }
func atLeast(limit float64) func(float64) bool { return func(r float64) bool { return r >= limit } }

// add notes one repetition of a benchmark.
func (r *report) add(like row, ratio float64, detail string) {
	i := slices.IndexFunc(r.rows, func(have *row) bool { return have.Number == like.Number && have.Name == like.Name })
	if i < 0 {
		i = len(r.rows)
		r.rows = append(r.rows, &like)
	}
	one := r.rows[i]
	one.Ratios = append(one.Ratios, ratio)
	one.Details = append(one.Details, detail)
	one.Median = median(one.Ratios)
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// appends runs benchmarks 1 to 4 once, each right after its limit.
func (r *report) appends(ctx context.Context, p plan, db *database) error {
	one, oneInsert, err := db.besideInsert(ctx, load{1, 1}, 1, p.Length)
	if err != nil {
		return err
	}
	r.add(row{Number: "1", Name: "append, 1 caller × 1 event, p50", Unit: "pgbench INSERT p50", Target: "≤ 1.5", met: atMost(1.5)},
		float64(one.p50)/float64(oneInsert.p50), fmt.Sprintf("%v to %v", one.p50, oneInsert.p50))
	some, someInsert, err := db.besideInsert(ctx, load{32, 1}, 32, p.Length)
	if err != nil {
		return err
	}
	r.add(row{Number: "2", Name: "append, 32 callers × 1", Unit: "I", Target: "≥ 0.9", met: atLeast(0.9)},
		some.perSecond/someInsert.perSecond, rates(some, someInsert))
	many, manyInsert, err := db.besideInsert(ctx, load{256, 1}, 32, p.Length)
	if err != nil {
		return err
	}
	r.add(row{Number: "3", Name: "append, 256 callers × 1", Unit: "I", Target: "≥ 2.0", met: atLeast(2)},
		many.perSecond/manyInsert.perSecond, rates(many, manyInsert))
	batches, err := db.append(ctx, load{256, 10}, p.Length)
	if err != nil {
		return err
	}
	limit, err := db.copyIn(ctx)
	if err != nil {
		return err
	}
	r.add(row{Number: "3", Name: "append, 256 callers × 1, CPU", Unit: "COPY's CPU per event", Target: "≤ 2.0", met: atMost(2)},
		float64(many.cpu)/float64(limit.cpu), fmt.Sprintf("%v to %v", many.cpu, limit.cpu))
	r.add(row{Number: "4", Name: "append, 256 callers × 10", Unit: "C", Target: "≥ 0.6", met: atLeast(0.6)},
		batches.perSecond/limit.perSecond, rates(batches, limit))
	return nil
}

// besideInsert measures pgbench and then a load.
func (db *database) besideInsert(ctx context.Context, l load, clients int, length time.Duration) (ours, insert pace, err error) {
	if insert, err = db.insert(ctx, clients, length); err != nil {
		return ours, insert, err
	}
	ours, err = db.append(ctx, l, length)
	return ours, insert, err
}

func rates(ours, limit pace) string {
	return fmt.Sprintf("%.0f to %.0f /s", ours.perSecond, limit.perSecond)
}

func (r *report) print(p plan, db *database) error {
	fmt.Printf("\nPostgreSQL %d, durable; medians of %d repetitions of %v\n\n", db.server.Version(), p.Reps, p.Length)
	fmt.Printf("%-2s  %-42s %8s  %-24s %-8s %s\n", "#", "benchmark", "ratio", "to", "target", "")
	for _, one := range r.rows {
		verdict := "missed"
		if one.met(one.Median) {
			verdict = "met"
		}
		fmt.Printf("%-2s  %-42s %8.2f  %-24s %-8s %s\n", one.Number, one.Name, one.Median, one.Unit, one.Target, verdict)
		fmt.Printf("    %v\n", one.Details)
	}
	if p.JSON == "" {
		return nil
	}
	text, err := json.MarshalIndent(r.rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(p.JSON, append(text, '\n'), 0o644) //nolint:gosec // a report, for everybody
}
