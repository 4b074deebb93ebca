package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// errLost says that another process works for this reactor now.
var errLost = errors.New("another process has taken over")

// A reactor's checkpoint row names the process that works for it, and its last write is that process's sign of life: a
// process that has written nothing for a TTL has lost it. The epoch goes up at every take-over, so a process that was
// only asleep cannot move the checkpoint of its successor.
type lease struct {
	Position int64 `db:"position"`
	Epoch    int64 `db:"epoch"`
}

// takeLease returns errLost while another living process has it.
func (f *Feed) takeLease(ctx context.Context, id identity) (lease, error) {
	var l lease
	err := f.config.DB.GetContext(ctx, &l, `
		UPDATE projection_checkpoints
		SET node_id = $3, epoch = epoch + 1, updated_at = clock_timestamp()
		WHERE name = $1 AND version = $2
			AND (node_id IS NULL OR node_id = $3 OR updated_at < clock_timestamp() - make_interval(secs => $4))
		RETURNING position, epoch`, id.name, id.version, f.config.Node, f.config.LeaseTTL.Seconds())
	if errors.Is(err, sql.ErrNoRows) {
		return lease{}, errLost
	}
	if err != nil {
		return lease{}, fmt.Errorf("take the lease of %s: %w", id.name, err)
	}
	return l, nil
}

// withoutSync begins a statement that need not reach the disk: losing it only means reading some events again.
const withoutSync = `
		WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))`

// renewLease writes the position and shows that the process is alive. It returns errLost to one that was taken for dead.
func (f *Feed) renewLease(ctx context.Context, id identity, l lease) error {
	result, err := f.config.DB.ExecContext(ctx, withoutSync+`
		UPDATE projection_checkpoints
		SET position = $4, updated_at = clock_timestamp()
		FROM unsynced
		WHERE name = $1 AND version = $2 AND epoch = $3`, id.name, id.version, l.Epoch, l.Position)
	if err != nil {
		return fmt.Errorf("write the checkpoint of %s: %w", id.name, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errLost
	}
	return nil
}

// endLease writes the last position and lets the next process start at once.
func (f *Feed) endLease(ctx context.Context, id identity, l lease) error {
	_, err := f.config.DB.ExecContext(ctx, `
		UPDATE projection_checkpoints
		SET position = $4, node_id = NULL, updated_at = clock_timestamp()
		WHERE name = $1 AND version = $2 AND epoch = $3`, id.name, id.version, l.Epoch, l.Position)
	if err != nil {
		return fmt.Errorf("end the lease of %s: %w", id.name, err)
	}
	return nil
}
