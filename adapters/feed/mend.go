package feed

import (
	"context"
	"errors"
	"fmt"

	"switchboard.example/domain"
)

// mendTables does a stream's dead letters again, oldest first, for a reader whose work is all in the database. What worked
// before the first failure counts. It holds the checkpoint, so the reader waits meanwhile: an event it holds back for this
// stream is either seen here, or finds the stream free again.
func (f *Feed) mendTables(
	ctx context.Context, r *reader, stream domain.StreamID, do func(*writer, domain.Recorded) error,
) error {
	var failed error
	err := f.inTx(ctx, func(w *writer) error {
		if err := lock(ctx, w, r.identity); err != nil {
			return err
		}
		letters, err := lettersOf(ctx, w.tx, r.identity, stream)
		if err != nil {
			return err
		}
		for _, l := range letters {
			if failed, err = f.mendLetter(ctx, w, r.identity, l, do); failed != nil || err != nil {
				break
			}
		}
		return errors.Join(err, f.notify(ctx, w, mended(r, stream)))
	})
	if err == nil {
		f.audience.tell(mended(r, stream))
	}
	return errors.Join(err, failed)
}

// mended is the change that a retry makes. It says nothing about how far the reader is.
func mended(r *reader, stream domain.StreamID) Change {
	return Change{Projection: r.name, Workspaces: []domain.WorkspaceID{stream.Workspace}}
}

// mendLetter does one event again. A failure of the event is noted with the letter; any other one is err.
func (f *Feed) mendLetter(
	ctx context.Context, w *writer, id identity, l letter, do func(*writer, domain.Recorded) error,
) (failed, err error) {
	r, err := f.eventAt(ctx, l.Position)
	if err != nil {
		return nil, err
	}
	failed = savepoint(ctx, w, func() error { return do(w, r) })
	switch {
	case failed == nil:
		return nil, removeLetter(ctx, w.tx, id, l.Position)
	case isInfrastructure(failed):
		return nil, failed
	default:
		return failed, addLetter(ctx, w.tx, id, r, failed, 1)
	}
}

// notify tells other processes of a change once w's transaction commits.
func (f *Feed) notify(ctx context.Context, w *writer, c Change) error {
	_, err := w.tx.ExecContext(ctx, `SELECT pg_notify($1, $2)`, changesChannel, c.hint(f.config.Node))
	if err != nil {
		return fmt.Errorf("tell other processes: %w", err)
	}
	return nil
}
