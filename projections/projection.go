package projections

import (
	"context"
	"database/sql"
	"time"

	"switchboard.example/domain"
)

// Projection folds events into tables. It is applied in the transaction that moves its checkpoint, so each event counts
// exactly once. It must be pure apart from the Writer: no clock, no randomness, no other source.
type Projection struct {
	Name    string   // also the checkpoint's name
	Version int      // a new version is rebuilt beside the live one
	Types   []string // stored names of the events it reads; others only move its checkpoint
	Tables  []string // the read_ tables it owns

	// Gather is how long events may be left to come together when one page has just been applied: on a busy log a read model
	// that people look at then costs few transactions. Who waits for the read model does not wait for that. Zero is at once.
	Gather time.Duration
	// AtOnce are the events that are never left to gather, because somebody relies on them as soon as they happened.
	AtOnce []string

	// Apply folds a page of events, in order, and writes the result with few statements.
	Apply func(ctx context.Context, page []domain.Recorded, w Writer) error
}

// The Gather of read models that each message touches: together is short enough for eyes and long enough to save most
// transactions on a busy log, later is for what nobody watches and for work lists, whose work is begun without them.
const (
	together = 250 * time.Millisecond
	later    = time.Second
)

// Writer is the checkpoint's transaction.
type Writer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}
