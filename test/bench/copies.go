package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/lib/pq"
)

// copied is how many events a copy moves, if the log has so many.
const copied = 50_000

// copyIn measures COPY of the log's last events from a file into an empty table like it. The server reads the file itself,
// in a session that stays, so that all the CPU it takes is seen.
func (db *database) copyIn(ctx context.Context) (pace, error) {
	file := filepath.Join(db.folder, "events.copy")
	defer func() { _ = os.Remove(file) }()
	if err := db.copyOut(ctx, file); err != nil {
		return pace{}, err
	}
	if _, err := db.admin.ExecContext(ctx, `TRUNCATE yard_copy`); err != nil {
		return pace{}, fmt.Errorf("empty the copy: %w", err)
	}
	before, begin := cpuSpent(), time.Now()
	result, err := db.admin.ExecContext(ctx, `COPY yard_copy FROM `+pq.QuoteLiteral(file))
	if err != nil {
		return pace{}, fmt.Errorf("copy into a table: %w", err)
	}
	elapsed, spent := time.Since(begin), cpuSpent()-before
	rows, err := result.RowsAffected()
	if err != nil || rows == 0 {
		return pace{}, errors.Join(errors.New("the log has no events to copy"), err)
	}
	return pace{perSecond: float64(rows) / elapsed.Seconds(), cpu: spent / time.Duration(rows)}, nil
}

// copyOut writes the log's last events to a file of ours that the server may read.
func (db *database) copyOut(ctx context.Context, file string) error {
	path, err := tool("psql")
	if err != nil {
		return err
	}
	command := fmt.Sprintf(`\copy (SELECT * FROM events ORDER BY position DESC LIMIT %d) TO '%s'`, copied, file)
	cmd := exec.CommandContext(ctx, path, "-qX", "-v", "ON_ERROR_STOP=1", "-c", command, db.server.DSN("")) //nolint:gosec // our own arguments
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run psql: %w\n%s", err, output)
	}
	return os.Chmod(file, 0o644) //nolint:gosec // see above
}
