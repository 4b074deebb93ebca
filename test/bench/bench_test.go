package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestABenchmarksLineIsRead(t *testing.T) {
	t.Parallel()
	got := readBench("goos: linux\nBenchmarkCatchUp-2   \t  3\t 120000 ns/op\t 0.52 of-copy-out\t 150000 events/s\nPASS\n")
	want := []metrics{{"ns/op": 120000, "of-copy-out": 0.52, "events/s": 150000}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPgbenchsTimesAreReadFromEveryLogAndSorted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"times.1": "0 1 300 0 1 2\n0 2 100 0 1 2\n", "times.2": "1 1 200 0 1 2\n1 2 skipped 0 1 2\n", "insert.sql": "0 0 9"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readTimes(folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{100 * time.Microsecond, 200 * time.Microsecond, 300 * time.Microsecond}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheMedianOfTheRatiosDecides(t *testing.T) {
	t.Parallel()
	var r report
	for _, ratio := range []float64{3, 0.1, 1} {
		r.add(row{Number: "1", Name: "x", met: atMost(1.5)}, ratio, "")
	}
	if one := r.rows[0]; one.Median != 1 || !one.met(one.Median) || len(r.rows) != 1 {
		t.Errorf("%+v", one)
	}
}
