package feed_test

import (
	"context"
	"sync/atomic"
	"testing"

	"switchboard.example/adapters/feed"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// telling is a message handler that writes each event's position.
func telling(name string, spoil func(context.Context, domain.Recorded, projections.Writer) error) feed.MessageHandler {
	return func(ctx context.Context, events []domain.Recorded, w projections.Writer) error {
		for _, r := range events {
			if err := sight(ctx, w, name, r); err != nil {
				return err
			}
			if spoil == nil {
				continue
			}
			if err := spoil(ctx, r, w); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestAMessageHandlerTakesEachEventExactlyOnce(t *testing.T) {
	t.Parallel()
	t.Run("old events and new ones", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.append(newWorkspace(), 250)
		f := w.feed(w.config(), func(f *feed.Feed) { f.Message("told", telling("told", nil)) })
		w.run(f)
		w.wait(f, "told", 250)
		for range 20 {
			w.wait(f, "told", w.append(newWorkspace(), 2))
		}
		w.wantOnce("told", 290)
	})
	t.Run("while its connections are killed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		f := w.feed(w.config(), func(f *feed.Feed) { f.Message("told", telling("told", nil)) })
		w.run(f)
		head := w.appendWhileKilling(func(p int64) bool { at, _ := f.Lag(context.Background()); return at["told"].Checkpoint >= p })
		w.wait(f, "told", head)
		w.wantOnce("told", head)
	})
	t.Run("while its own connection is killed in the middle of a batch", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.append(newWorkspace(), 20)
		var kills atomic.Int32
		f := w.feed(w.config(), func(f *feed.Feed) {
			f.Message("told", telling("told", func(ctx context.Context, r domain.Recorded, tx projections.Writer) error {
				if r.Position%5 != 0 || kills.Add(1) > 4 {
					return nil
				}
				_, err := tx.ExecContext(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`)
				return err
			}))
		})
		w.run(f)
		w.wait(f, "told", 20)
		w.wantOnce("told", 20)
		w.wantNothingBlocked(f)
		if n := kills.Load(); n < 5 {
			t.Errorf("only %d kills: the test proves nothing", n)
		}
	})
	t.Run("with two feeds on one database", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		first := w.feed(w.config(), func(f *feed.Feed) { f.Message("told", telling("told", nil)) })
		second := w.feed(w.config(), func(f *feed.Feed) { f.Message("told", telling("told", nil)) })
		w.run(first)
		w.run(second)
		head := w.appendByMany(4, 30)
		w.wait(first, "told", head)
		w.wait(second, "told", head)
		w.wantOnce("told", head)
	})
}

func TestATryThatFailedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(context.Context, projections.Writer) error{
		"after an error": func(context.Context, projections.Writer) error { return errBad },
		"after a panic":  func(context.Context, projections.Writer) error { panic("no such thing") },
		"after an SQL error": func(ctx context.Context, w projections.Writer) error {
			_, err := w.ExecContext(ctx, `SELECT 1/0`)
			return err
		},
		"after an SQL error that was not passed on": func(ctx context.Context, w projections.Writer) error {
			_, _ = w.ExecContext(ctx, `SELECT 1/0`)
			return nil
		},
		"after a serialization failure": func(ctx context.Context, w projections.Writer) error {
			_, err := w.ExecContext(ctx, `DO $$ BEGIN RAISE EXCEPTION 'unlucky' USING ERRCODE = '40001'; END $$`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var tries atomic.Int32
			f := w.feed(w.config(), func(f *feed.Feed) {
				f.Message("told", telling("told", func(ctx context.Context, r domain.Recorded, tx projections.Writer) error {
					if r.Position == 2 && tries.Add(1) <= 2 { // it has written its row by now
						return fail(ctx, tx)
					}
					return nil
				}))
			})
			w.append(newWorkspace(), 4)
			w.run(f)
			w.wait(f, "told", 4)
			w.wantOnce("told", 4)
			w.wantNothingBlocked(f)
			if n := tries.Load(); n != 3 {
				t.Errorf("it was tried %d times, want 3", n)
			}
		})
	}
}

func TestABadMessageBecomesADeadLetterAndTheNextIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mended atomic.Bool
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Message("told", telling("told", func(ctx context.Context, r domain.Recorded, tx projections.Writer) error {
			if r.Position != 2 || mended.Load() {
				return nil
			}
			_, err := tx.ExecContext(ctx, `SELECT 1/0`)
			return err
		}))
	})
	ws := newWorkspace()
	w.append(ws, 4)
	w.run(f)
	w.wait(f, "told", 4)
	wantPositions(t, w.seen("told"), 1, 3, 4)
	w.wantBlocked(f, "told", ws, 2, 0)
	mended.Store(true)
	must(t, f.Retry(context.Background(), "told", domain.ConnectionStream(ws)))
	wantPositions(t, w.seen("told"), 1, 3, 4, 2)
	w.wantNothingBlocked(f)
}

func TestAMessageHandlerHasNoDeadlineThatCouldCommitHalfOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var limited atomic.Bool
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Message("told", telling("told", func(ctx context.Context, _ domain.Recorded, _ projections.Writer) error {
			_, has := ctx.Deadline()
			limited.Store(has)
			return nil
		}))
	})
	w.run(f)
	w.wait(f, "told", w.append(newWorkspace(), 1))
	if limited.Load() {
		t.Error("the message is given back after a while, though its transaction goes on")
	}
}

func TestAStrangersTransactionDelaysNoMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, err := w.admin.Beginx() // it has a transaction id and stays open all the time
	must(t, err)
	defer func() { _ = stranger.Rollback() }()
	_, err = stranger.Exec(`CREATE TABLE strange (x int)`)
	must(t, err)
	f := w.feed(w.config(), func(f *feed.Feed) { f.Message("told", telling("told", nil)) })
	w.run(f)
	w.wait(f, "told", w.append(newWorkspace(), 3))
	w.wantOnce("told", 3)
}

func TestASetBackCheckpointIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Message("told", telling("told", nil))
		f.Project(seeing("seen", nil))
	})
	w.run(f)
	head := w.append(newWorkspace(), 3)
	w.wait(f, "told", head)
	w.wait(f, "seen", head)
	_, err := w.admin.Exec(`UPDATE projection_checkpoints SET position = 1`)
	must(t, err)
	w.append(newWorkspace(), 1)
	eventually(t, "both read again what was set back", func() bool {
		return w.checkpoint("told") == 4 && w.checkpoint("seen") == 4
	})
	wantPositions(t, w.seen("told"), 1, 2, 3, 2, 3, 4)
	wantPositions(t, w.seen("seen"), 1, 2, 3, 2, 3, 4)
}
