package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// insertScript writes one row like an event's, with the same indexes to keep.
const insertScript = `INSERT INTO yard_insert (position, stream_version, occurred_at, recorded_at, event_id, workspace_id, stream_id,
  correlation_id, schema_version, stream_kind, stream_key, type, actor_kind, actor_id, data)
VALUES (nextval('yard_position'), 1, now(), now(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
  gen_random_uuid(), 1, 'faq', 'faq-key', 'workspace.renamed', 'system', '',
  '{"name": "Ada''s Kitchen, Yaba", "workspace_id": "5b1f3c52-7a2e-4c0c-9d0e-5d1a6c1f9b37"}');
`

// tool finds one of PostgreSQL's programs.
func tool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/opt/homebrew/opt/postgresql@*/bin/", "/usr/local/opt/postgresql@*/bin/"} {
		found, _ := filepath.Glob(pattern + name)
		if len(found) > 0 {
			return slices.Max(found), nil
		}
	}
	return "", fmt.Errorf("%s is not installed; it comes with PostgreSQL's contributed programs (Debian: postgresql-contrib)", name)
}

// insert measures pgbench inserting with so many clients.
func (db *database) insert(ctx context.Context, clients int, length time.Duration) (pace, error) {
	path, err := tool("pgbench")
	if err != nil {
		return pace{}, err
	}
	folder, err := os.MkdirTemp(db.folder, "pgbench-")
	if err != nil {
		return pace{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	script := filepath.Join(folder, "insert.sql")
	if err := os.WriteFile(script, []byte(insertScript), 0o600); err != nil {
		return pace{}, err
	}
	seconds := max(1, int(length.Seconds()+0.5))
	cmd := exec.CommandContext(ctx, path, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, runtime.NumCPU())), //nolint:gosec // our own arguments
		"-T", strconv.Itoa(seconds), "-f", script, "-l", "--log-prefix="+filepath.Join(folder, "times"), db.server.DSN(""))
	before := cpuSpent()
	output, err := cmd.CombinedOutput()
	if err != nil {
		return pace{}, fmt.Errorf("run pgbench: %w\n%s", err, output)
	}
	spent := cpuSpent() - before
	took, err := readTimes(folder)
	if err != nil {
		return pace{}, fmt.Errorf("read pgbench's log: %w", err)
	}
	rate, err := readRate(string(output))
	if err != nil || len(took) == 0 {
		return pace{}, fmt.Errorf("read what pgbench printed: %w\n%s", err, output)
	}
	return pace{perSecond: rate, p50: took[len(took)/2], cpu: spent / time.Duration(len(took))}, nil
}

var rateLine = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial connection time\)`)

// readRate finds transactions per second, connecting not counted: one password check costs more than many inserts.
func readRate(output string) (float64, error) {
	found := rateLine.FindStringSubmatch(output)
	if found == nil {
		return 0, errors.New("it gives no rate")
	}
	return strconv.ParseFloat(found[1], 64)
}

// readTimes reads pgbench's logs, one line per transaction, its third field the microseconds it took, and sorts.
func readTimes(folder string) ([]time.Duration, error) {
	logs, err := filepath.Glob(filepath.Join(folder, "times*"))
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for _, log := range logs {
		file, err := os.Open(log) //nolint:gosec // our own folder
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 3 {
				continue
			}
			µs, err := strconv.ParseInt(fields[2], 10, 64)
			if err != nil {
				continue // a skipped or failed transaction has a word there
			}
			took = append(took, time.Duration(µs)*time.Microsecond)
		}
		_ = file.Close()
	}
	slices.Sort(took)
	return took, nil
}
