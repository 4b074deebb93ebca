package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Metrics reads what the program at an address of SWITCHBOARD_METRICS_ADDR says about itself: plain series by their names;
// those with labels have them in their names.
func Metrics(ctx context.Context, addr string) (map[string]float64, error) {
	text, err := get(ctx, "http://"+addr+"/metrics")
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	all := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, found := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); found && err == nil {
			all[name] = n
		}
	}
	return all, lines.Err()
}

// Profile writes what the program at that address spends its CPU on, for so long, into a file that go tool pprof reads.
func Profile(ctx context.Context, addr string, length time.Duration, file string) error {
	profile, err := get(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", addr, max(1, int(length.Seconds()))))
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	return os.WriteFile(file, profile, 0o600)
}

// collections are made one after the other: pools keep what they have for one collection more.
const collections = 3

// Collect lets the program at that address collect its garbage and returns how many bytes live on its heap then, at least. They
// are read right after a collection: writing them down makes megabytes of garbage.
func Collect(ctx context.Context, addr string) (live int64, err error) {
	live = math.MaxInt64
	for range collections {
		text, err := get(ctx, "http://"+addr+"/debug/pprof/heap?gc=1&debug=1")
		if err != nil {
			return 0, fmt.Errorf("collect the garbage: %w", err)
		}
		now, err := liveOf(string(text))
		if err != nil {
			return 0, err
		}
		live = min(live, now)
	}
	return live, nil
}

func liveOf(text string) (int64, error) {
	_, after, found := strings.Cut(text, "\n# HeapAlloc = ")
	if !found {
		return 0, errors.New("the heap's profile does not say how much lives on it")
	}
	line, _, _ := strings.Cut(after, "\n")
	return strconv.ParseInt(strings.TrimSpace(line), 10, 64)
}

// HeapProfile writes what the program at that address holds on its heap into a file that go tool pprof reads.
func HeapProfile(ctx context.Context, addr, file string) error {
	var profile []byte
	for range collections {
		var err error
		if profile, err = get(ctx, "http://"+addr+"/debug/pprof/heap?gc=1"); err != nil {
			return fmt.Errorf("take a heap profile: %w", err)
		}
	}
	return os.WriteFile(file, profile, 0o600)
}

// FineProfiles is a setting of the program under test: every 4 KiB on the heap are accounted for instead of every 512.
const FineProfiles = "GODEBUG=memprofilerate=4096"

// Growth tells which allocations hold more in the last heap profile than in the first, line by line, the largest first.
func Growth(ctx context.Context, first, last string) (string, error) {
	tool := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-lines", "-nodecount=20", "-sample_index=inuse_space", "-diff_base", first, last) //nolint:gosec // our own files
	text, err := tool.Output()
	if err != nil {
		return "", fmt.Errorf("compare heap profiles: %w", err)
	}
	return string(text), nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}
