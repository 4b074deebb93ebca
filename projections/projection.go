package projections

import (
	"context"
	"database/sql"

	"switchboard.example/domain"
)

// Projection folds events into tables. It is applied in the transaction that moves its checkpoint, so each event counts
// exactly once. It must be pure apart from the Writer: no clock, no randomness, no other source.
type Projection struct {
	Name    string   // also the checkpoint's name
	Version int      // a new version is rebuilt beside the live one
	Types   []string // stored names of the events it reads; others only move its checkpoint
	Tables  []string // the read_ tables it owns

	// Apply folds a page of events, in order, and writes the result with few statements.
	Apply func(ctx context.Context, page []domain.Recorded, w Writer) error
}

// Writer is the checkpoint's transaction.
type Writer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}
