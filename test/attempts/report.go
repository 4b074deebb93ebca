package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"switchboard.example/test/rig"
)

// scorecard puts the share of attempts that succeeded beside its limits.
func scorecard(outcomes []outcome) *rig.Scorecard {
	succeeded, byMethod := 0, map[bool][2]int{}
	for _, o := range outcomes {
		of := byMethod[o.try.typed]
		of[1]++
		if o.failed == nil {
			succeeded++
			of[0]++
		}
		byMethod[o.try.typed] = of
	}
	var card rig.Scorecard
	scanned, typed := byMethod[false], byMethod[true]
	card.Add(rig.Attempts, rig.Share(succeeded, len(outcomes)),
		fmt.Sprintf("%d of %d; scanned %d of %d, typed %d of %d", succeeded, len(outcomes), scanned[0], scanned[1], typed[0], typed[1]))
	return &card
}

// table tells what came of the attempts, by what happened to them.
func table(w io.Writer, outcomes []outcome) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("%-10s %8s %10s %10s %12s %12s %12s", "happened", "attempts", "succeeded", "more codes", "shown p99 s", "took p50 s", "took p99 s")
	failures := map[string]int{}
	for _, what := range []string{nothing, lost515, slow, expire} {
		var shown, took []time.Duration
		n, again := 0, 0
		for _, o := range outcomes {
			if o.try.happen != what {
				continue
			}
			if n++; o.failed != nil {
				failures[what+": "+word(o.failed)]++
				continue
			}
			if o.scans > 1 {
				again++
			}
			shown, took = append(shown, o.shown), append(took, o.took)
		}
		line("%-10s %8d %10d %10d %12.1f %12.1f %12.1f", what, n, len(took), again,
			rig.Quantile(shown, 0.99).Seconds(), rig.Quantile(took, 0.5).Seconds(), rig.Quantile(took, 0.99).Seconds())
	}
	for _, why := range slices.Sorted(maps.Keys(failures)) {
		line("failed %d times: %s", failures[why], why)
	}
}
