package feed

import (
	"context"
	"fmt"
)

// inTx runs work in a transaction and prepares afterwards the statements it would have liked to have prepared.
func (f *Feed) inTx(ctx context.Context, work func(*writer) error) error {
	tx, err := f.config.DB.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	w := &writer{tx: tx, known: f.statements}
	if err := work(w); err != nil {
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err) // perhaps it did commit: the next try finds the checkpoint moved
	}
	f.statements.learn(ctx, w.missing)
	return nil
}
