package feed

import (
	"context"
	"database/sql"
	"sync"

	"github.com/jmoiron/sqlx"
)

// statementsKept bounds how many texts are prepared; a projection that builds ever new texts gains nothing after that.
const statementsKept = 256

// statements prepares what is asked again and again: lib/pq otherwise parses each statement anew, at almost three times
// the CPU and one more round trip.
//
// A text is learned between transactions, never within one: preparing takes a connection of the pool, and asking for a
// second one while holding the first lets a few readers starve each other for ever.
type statements struct {
	db *sqlx.DB
	mu sync.Mutex
	of map[string]*sqlx.Stmt
}

func newStatements(db *sqlx.DB) *statements {
	return &statements{db: db, of: map[string]*sqlx.Stmt{}}
}

func (s *statements) find(query string) *sqlx.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[query]
}

// learn prepares the texts. One that cannot be prepared is simply sent as it is.
func (s *statements) learn(ctx context.Context, queries []string) {
	for _, query := range queries {
		if s.find(query) != nil {
			continue
		}
		if statement, err := s.db.PreparexContext(ctx, query); err == nil {
			s.keep(query, statement)
		}
	}
}

func (s *statements) keep(query string, statement *sqlx.Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.of[query]; known || len(s.of) >= statementsKept {
		_ = statement.Close()
		return
	}
	s.of[query] = statement
}

// forget drops a text that failed: its plan may be older than a table that was swapped.
func (s *statements) forget(query string) {
	s.mu.Lock()
	statement := s.of[query]
	delete(s.of, query)
	s.mu.Unlock()
	if statement != nil {
		_ = statement.Close()
	}
}

// writer is a transaction that uses prepared statements and remembers which ones it would have liked to have.
type writer struct {
	tx      *sqlx.Tx
	known   *statements
	missing []string
}

// ExecContext implements projections.Writer.
func (w *writer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	statement := w.prepared(query, args)
	if statement == nil {
		return w.tx.ExecContext(ctx, query, args...)
	}
	result, err := w.tx.StmtxContext(ctx, statement).ExecContext(ctx, args...)
	w.noteFailure(query, err)
	return result, err
}

// SelectContext implements projections.Writer.
func (w *writer) SelectContext(ctx context.Context, dest any, query string, args ...any) error {
	statement := w.prepared(query, args)
	if statement == nil {
		return w.tx.SelectContext(ctx, dest, query, args...)
	}
	err := w.tx.StmtxContext(ctx, statement).SelectContext(ctx, dest, args...) //nolint:sqlclosecheck // the transaction's
	w.noteFailure(query, err)
	return err
}

// prepared returns nil for a text without parameters: it may hold several statements, which cannot be prepared.
func (w *writer) prepared(query string, args []any) *sqlx.Stmt {
	if len(args) == 0 {
		return nil
	}
	statement := w.known.find(query)
	if statement == nil {
		w.missing = append(w.missing, query)
	}
	return statement
}

func (w *writer) noteFailure(query string, err error) {
	if err != nil {
		w.known.forget(query)
	}
}
