package feed

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/domain"
)

// executor is a pool or a transaction.
type executor interface {
	sqlx.ExtContext
}

// letter is an event a reader could not do, or one that waits behind it.
type letter struct {
	Position int64  `db:"position"`
	StreamID string `db:"stream_id"`
	Attempts int    `db:"attempts"`
}

// addLetter keeps an event that failed. With cause nil the event only waits for an earlier one of its stream.
func addLetter(ctx context.Context, db executor, id identity, r domain.Recorded, cause error, attempts int) error {
	var text *string
	if cause != nil {
		t := reason(cause)
		text = &t
	}
	_, err := db.ExecContext(ctx, `
		INSERT INTO projection_dead_letters (name, version, position, stream_id, workspace_id, event_id, error, attempts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (name, version, position) DO UPDATE
		SET error = excluded.error, attempts = projection_dead_letters.attempts + excluded.attempts`,
		id.name, id.version, r.Position, r.Stream.UUID(), r.Workspace(), r.ID, text, attempts)
	if err != nil {
		return fmt.Errorf("keep a dead letter of %s: %w", id.name, err)
	}
	return nil
}

// holdBack keeps events of streams that are blocked already.
func holdBack(ctx context.Context, db executor, id identity, events []domain.Recorded) error {
	if len(events) == 0 {
		return nil
	}
	positions := make([]int64, len(events))
	columns := [3][]string{}
	for i, r := range events {
		positions[i] = r.Position
		columns[0] = append(columns[0], r.Stream.UUID())
		columns[1] = append(columns[1], string(r.Workspace()))
		columns[2] = append(columns[2], string(r.ID))
	}
	_, err := db.ExecContext(ctx, `
		INSERT INTO projection_dead_letters (name, version, position, stream_id, workspace_id, event_id)
		SELECT $1, $2, e.position, e.stream_id, e.workspace_id, e.event_id
		FROM unnest($3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[]) AS e (position, stream_id, workspace_id, event_id)
		ON CONFLICT DO NOTHING`,
		id.name, id.version, pq.Array(positions), pq.Array(columns[0]), pq.Array(columns[1]), pq.Array(columns[2]))
	if err != nil {
		return fmt.Errorf("hold events back from %s: %w", id.name, err)
	}
	return nil
}

// blockedStreams returns the ids of the streams that have dead letters.
func blockedStreams(ctx context.Context, db sqlx.QueryerContext, id identity) (map[string]bool, error) {
	var ids []string
	err := sqlx.SelectContext(ctx, db, &ids, `
		SELECT DISTINCT stream_id
		FROM projection_dead_letters
		WHERE name = $1 AND version = $2`, id.name, id.version)
	if err != nil {
		return nil, fmt.Errorf("read what is blocked in %s: %w", id.name, err)
	}
	blocked := make(map[string]bool, len(ids))
	for _, id := range ids {
		blocked[id] = true
	}
	return blocked, nil
}

// lettersOf returns a stream's dead letters, oldest first.
func lettersOf(ctx context.Context, db sqlx.QueryerContext, id identity, s domain.StreamID) ([]letter, error) {
	var letters []letter
	err := sqlx.SelectContext(ctx, db, &letters, `
		SELECT position, stream_id, attempts
		FROM projection_dead_letters
		WHERE name = $1 AND version = $2 AND stream_id = $3
		ORDER BY position`, id.name, id.version, s.UUID())
	if err != nil {
		return nil, fmt.Errorf("read the dead letters of %s: %w", id.name, err)
	}
	return letters, nil
}

func removeLetter(ctx context.Context, db executor, id identity, position int64) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM projection_dead_letters
		WHERE name = $1 AND version = $2 AND position = $3`, id.name, id.version, position)
	if err != nil {
		return fmt.Errorf("remove a dead letter of %s: %w", id.name, err)
	}
	return nil
}

// Blocked is a stream that waits in one reader until somebody mends the cause and calls Retry.
type Blocked struct {
	Reader   string
	Version  int
	Stream   domain.StreamID
	Position int64 // of the oldest event that could not be done
	Error    string
	Attempts int
	Since    time.Time
	Waiting  int // later events of the stream queued behind it
}

// blockedRow is a row of the view, with the stream's name taken from the log.
type blockedRow struct {
	Name      string    `db:"name"`
	Version   int       `db:"version"`
	Workspace string    `db:"workspace_id"`
	Kind      string    `db:"stream_kind"`
	Key       string    `db:"stream_key"`
	BlockedAt int64     `db:"blocked_at"`
	Error     string    `db:"error"`
	Attempts  int       `db:"attempts"`
	Since     time.Time `db:"since"`
	Waiting   int       `db:"waiting"`
}

func (b blockedRow) public() Blocked {
	return Blocked{
		Reader: b.Name, Version: b.Version, Position: b.BlockedAt, Error: b.Error, Attempts: b.Attempts,
		Since: b.Since, Waiting: b.Waiting,
		Stream: domain.StreamID{
			Workspace: domain.WorkspaceID(b.Workspace), Kind: domain.StreamKind(b.Kind), Key: b.Key,
		},
	}
}

// Blocked lists every stream that is blocked in some reader, oldest first.
func (f *Feed) Blocked(ctx context.Context) ([]Blocked, error) {
	var rows []blockedRow
	err := f.config.DB.SelectContext(ctx, &rows, `
		SELECT b.name, b.version, b.workspace_id, e.stream_kind, e.stream_key, b.blocked_at,
			coalesce(b.error, '') AS error, b.attempts, b.since, b.waiting
		FROM projection_blocked_streams b
		JOIN events e ON e.position = b.blocked_at
		ORDER BY b.blocked_at, b.name`)
	if err != nil {
		return nil, fmt.Errorf("list blocked streams: %w", err)
	}
	list := make([]Blocked, len(rows))
	for i, row := range rows {
		list[i] = row.public()
	}
	return list, nil
}

// Retry does again, in order, what a reader could not do for a stream, and lets the stream go on when all of it worked.
// It returns the first error that stands in the way; the rest then keeps waiting.
func (f *Feed) Retry(ctx context.Context, name string, stream domain.StreamID) error {
	r := f.readers[name]
	if r == nil {
		return fmt.Errorf("retry %s in %q: this process has no such reader", stream, name)
	}
	if err := r.work.mend(ctx, stream); err != nil {
		return fmt.Errorf("retry %s in %s: %w", stream, name, err)
	}
	return nil
}

// eventAt reads one event of the log.
func (f *Feed) eventAt(ctx context.Context, position int64) (domain.Recorded, error) {
	page, err := f.config.Log.Page(ctx, position-1, 1)
	if err != nil {
		return domain.Recorded{}, fmt.Errorf("read event %d: %w", position, err)
	}
	if len(page) == 0 || page[0].Position != position {
		return domain.Recorded{}, fmt.Errorf("read event %d: the log does not have it", position)
	}
	return page[0], nil
}
