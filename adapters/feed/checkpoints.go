package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
)

// identity names a reader's row in projection_checkpoints and its rows in projection_dead_letters.
type identity struct {
	name    string
	version int
}

// errNeverRan says that a reader has no checkpoint.
var errNeverRan = errors.New("it has never run")

// ensureCheckpoint makes the row of a reader that has never run, at the given position.
func ensureCheckpoint(ctx context.Context, db executor, id identity, position int64) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO projection_checkpoints (name, version, position)
		VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, id.name, id.version, position)
	if err != nil {
		return fmt.Errorf("make the checkpoint of %s: %w", id.name, err)
	}
	return nil
}

// readCheckpoint returns the durable position of a reader. A reader that has never run has none: errNeverRan.
func readCheckpoint(ctx context.Context, db sqlx.QueryerContext, id identity) (int64, error) {
	var position int64
	err := sqlx.GetContext(ctx, db, &position, `
		SELECT position
		FROM projection_checkpoints
		WHERE name = $1 AND version = $2`, id.name, id.version)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNeverRan
	}
	if err != nil {
		return 0, fmt.Errorf("read the checkpoint of %s: %w", id.name, err)
	}
	return position, nil
}

// hasOtherVersion says whether the reader's tables hold what another version of it wrote.
func hasOtherVersion(ctx context.Context, db sqlx.QueryerContext, id identity) (bool, error) {
	var other bool
	err := sqlx.GetContext(ctx, db, &other, `
		SELECT EXISTS (SELECT FROM projection_checkpoints WHERE name = $1 AND version <> $2)`, id.name, id.version)
	if err != nil {
		return false, fmt.Errorf("look for other versions of %s: %w", id.name, err)
	}
	return other, nil
}

// reachedCheckpoint is readCheckpoint for those who only look: what never ran is at 0.
func reachedCheckpoint(ctx context.Context, db sqlx.QueryerContext, id identity) (int64, error) {
	position, err := readCheckpoint(ctx, db, id)
	if errors.Is(err, errNeverRan) {
		return 0, nil
	}
	return position, err
}

// advance moves a checkpoint from one position to another, as the first statement of the transaction that applies the
// events in between, and tells the other processes once that commits. The row stays locked until then, so only one
// process applies at a time; the second one finds the position moved.
//
// It also turns off waiting for the disk at commit. That is safe here, because rows and checkpoint commit together: a
// crash of the server that loses the one loses the other, and the events, which are durable, are applied again.
//
// Projections read rows by their keys. The planner guesses a hundred keys where there are mostly one or two, and would scan
// whole tables for them; that is turned off too.
//
// The answer says whether there are dead letters. After waiting for the lock it may be too old to be true, but not too old
// to be false: whoever adds a letter moves the position in the same transaction.
const advance = `
	UPDATE projection_checkpoints c
	SET position = $3, updated_at = now()
	WHERE c.name = $1 AND c.version = $2 AND c.position = $4
	RETURNING
		EXISTS (SELECT FROM projection_dead_letters d WHERE d.name = c.name AND d.version = c.version) AS letters,
		set_config('synchronous_commit', 'off', true) AS unsynced,
		set_config('enable_seqscan', 'off', true) || set_config('enable_hashjoin', 'off', true) ||
			set_config('enable_mergejoin', 'off', true) AS planned,
		pg_notify('` + changesChannel + `', $5)::text AS told`

// advanced is the answer to advance.
type advanced struct {
	Letters  bool   `db:"letters"`
	Unsynced string `db:"unsynced"`
	Planned  string `db:"planned"`
	Told     string `db:"told"`
}

func advanceTo(ctx context.Context, w *writer, id identity, from, to int64, hint string) (letters bool, err error) {
	var rows []advanced
	if err := w.SelectContext(ctx, &rows, advance, id.name, id.version, to, from, hint); err != nil {
		return false, fmt.Errorf("move the checkpoint of %s: %w", id.name, err)
	}
	if len(rows) == 0 {
		return false, fmt.Errorf("move the checkpoint of %s: %w", id.name, errMoved)
	}
	return rows[0].Letters, nil
}

// lock takes a checkpoint's row until the transaction ends, without moving it.
func lock(ctx context.Context, w *writer, id identity) error {
	_, err := w.ExecContext(ctx, `
		SELECT position
		FROM projection_checkpoints
		WHERE name = $1 AND version = $2
		FOR UPDATE`, id.name, id.version)
	if err != nil {
		return fmt.Errorf("lock the checkpoint of %s: %w", id.name, err)
	}
	return nil
}

// skipTo moves a checkpoint over events that are not the reader's business. There is nothing to tell anybody.
func skipTo(ctx context.Context, db *sqlx.DB, id identity, from, to int64) error {
	result, err := db.ExecContext(ctx, withoutSync+`
		UPDATE projection_checkpoints
		SET position = $3, updated_at = now()
		FROM unsynced
		WHERE name = $1 AND version = $2 AND position = $4`, id.name, id.version, to, from)
	if err != nil {
		return fmt.Errorf("move the checkpoint of %s: %w", id.name, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("move the checkpoint of %s: %w", id.name, errMoved)
	}
	return nil
}

// Lag is how far a reader is behind the log.
type Lag struct {
	Checkpoint   int64
	Head         int64     // of the log itself, not of what this process has seen of it
	OldestUnread time.Time // when the log took the first event after Checkpoint; zero when there is none
}

// Events is the number of events not yet read.
func (l Lag) Events() int64 { return max(0, l.Head-l.Checkpoint) }

// Age is for how long the oldest unread event has been waiting.
func (l Lag) Age(now time.Time) time.Duration {
	if l.OldestUnread.IsZero() {
		return 0
	}
	return max(0, now.Sub(l.OldestUnread))
}

func recordedAt(page []domain.Recorded) time.Time {
	if len(page) == 0 {
		return time.Time{}
	}
	return page[0].RecordedAt
}
