package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// metrics are the figures of one line of a Go benchmark, by unit.
type metrics map[string]float64

// feed runs the feed's own benchmarks, which measure their limits themselves, and notes 6 and 9.
func (r *report) feed(ctx context.Context, p plan) error {
	count := strconv.Itoa(p.Reps)
	live, err := goBench(ctx, "^BenchmarkAppendToReadModel$/^projection$", "400x", count)
	if err != nil {
		return err
	}
	for _, m := range live {
		r.add(row{Number: "6", Name: "append → read model committed, 200/s, p50", Unit: "append p50", Target: "≤ 1.5", met: atMost(1.5)},
			m["commit-p50-ms"]/m["append-p50-ms"], fmt.Sprintf("%.2f to %.2f ms", m["commit-p50-ms"], m["append-p50-ms"]))
		r.add(row{Number: "6", Name: "append → read model committed, 200/s, p99", Unit: "append p99", Target: "≤ 3.0", met: atMost(3)},
			m["commit-p99-ms"]/m["append-p99-ms"], fmt.Sprintf("%.2f to %.2f ms", m["commit-p99-ms"], m["append-p99-ms"]))
	}
	behind, err := goBench(ctx, "^BenchmarkCatchUp$", "3x", count)
	if err != nil {
		return err
	}
	for _, m := range behind {
		r.add(row{Number: "9", Name: "live projection catching up, pages of 1000", Unit: "S", Target: "≥ 0.4", met: atLeast(0.4)},
			m["of-copy-out"], fmt.Sprintf("%.0f /s", m["events/s"]))
	}
	return nil
}

func goBench(ctx context.Context, name, length, count string) ([]metrics, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", name, "-benchtime", length, "-count", count, //nolint:gosec // our own arguments
		"switchboard.example/adapters/feed")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w\n%s", name, err, output)
	}
	lines := readBench(string(output))
	if len(lines) == 0 {
		return nil, errors.New("no benchmark is called " + name)
	}
	return lines, nil
}

// readBench reads lines like "BenchmarkX-2  400  12 ns/op  3.4 other-unit".
func readBench(output string) []metrics {
	var all []metrics
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		m := metrics{}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				m[fields[i+1]] = value
			}
		}
		all = append(all, m)
	}
	return all
}
