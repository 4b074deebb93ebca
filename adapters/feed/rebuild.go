package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// swapTries is how often a swap is tried: one that would make readers wait for a second lets them go first.
const swapTries = 20

// Rebuild fills a read model from the log's beginning beside the live one, which is read and written meanwhile, and puts it
// in its place in one transaction. When an event cannot be applied the live one stays as it is.
//
// The live checkpoint is locked while the last events are applied, so both are at the same position when they change
// places: whoever works for the live one notices nothing, and its dead letters are gone because they were applied here.
func Rebuild(ctx context.Context, c BesideConfig, m Model) (err error) {
	b, err := OpenBeside(ctx, c, m.Name, m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close(context.WithoutCancel(ctx))) }()
	head, err := c.Log.Head(ctx)
	if err != nil {
		return err
	}
	if err := b.Fill(ctx, head); err != nil {
		return fmt.Errorf("rebuild %s: %w", m.Name, err)
	}
	for range swapTries {
		if err = b.swap(ctx, m); !isBusy(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("rebuild %s: %w", m.Name, err)
	}
	return nil
}

func (b *Beside) swap(ctx context.Context, m Model) error {
	tx, err := b.config.DB.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := b.meet(ctx, tx, m); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `SELECT swap_beside($1, $2)`, b.schema, pq.Array(m.Tables))
	if err != nil {
		return fmt.Errorf("change places: %w", err)
	}
	return tx.Commit()
}

// meet brings the tables beside to where the live ones are, holds those there, and hands over checkpoint and dead letters.
func (b *Beside) meet(ctx context.Context, tx *sqlx.Tx, m Model) error {
	live := identity{m.Name, m.Version}
	_, err := readCheckpoint(ctx, tx, live)
	isNew := errors.Is(err, errNeverRan)
	if err := ensureCheckpoint(ctx, tx, live, 0); err != nil {
		return err
	}
	var position int64
	err = tx.GetContext(ctx, &position, `
		SELECT position
		FROM projection_checkpoints
		WHERE name = $1 AND version = $2
		FOR UPDATE`, live.name, live.version)
	if err != nil {
		return fmt.Errorf("lock the checkpoint of %s: %w", live.name, err)
	}
	position = max(position, b.filled) // the live one may be behind: it then finds its checkpoint moved, and reads on from there
	if err := b.Fill(ctx, position); err != nil {
		return err
	}
	if blocked, err := b.Blocked(ctx); err != nil || len(blocked) > 0 && !isNew {
		return errors.Join(err, wouldBlock(blocked))
	}
	return b.handOver(ctx, tx, m, position)
}

// wouldBlock keeps a rebuild of the live version from bringing in dead letters: whoever works for it may have looked for
// some just before, and would go on past them. A new version has nobody yet, and starts with what is blocked in it.
func wouldBlock(blocked []Blocked) error {
	if len(blocked) == 0 {
		return nil
	}
	return fmt.Errorf("%d streams could not be applied, first event %d: %s", len(blocked), blocked[0].Position, blocked[0].Error)
}

// handOver ends what there was of the read model, other versions of it too: who still works for one finds no checkpoint.
func (b *Beside) handOver(ctx context.Context, tx *sqlx.Tx, m Model, position int64) error {
	_, err := tx.ExecContext(ctx, `
		WITH ended AS (
			DELETE FROM projection_dead_letters
			WHERE name = $1
		), brought AS (
			UPDATE projection_dead_letters
			SET name = $1
			WHERE name = $2 AND version = $3
		), other AS (
			DELETE FROM projection_checkpoints
			WHERE name = $1 AND version <> $3
		)
		UPDATE projection_checkpoints
		SET position = $4, updated_at = now()
		WHERE name = $1 AND version = $3`, m.Name, b.readerOf(m).name, m.Version, position)
	if err != nil {
		return fmt.Errorf("hand over to the rebuilt %s: %w", m.Name, err)
	}
	return nil
}

// isBusy says that somebody was reading for too long, or for too long in the other order.
func isBusy(err error) bool {
	server, ok := errors.AsType[*pq.Error](err)
	return ok && (server.Code == "55P03" || server.Code == "40P01")
}
