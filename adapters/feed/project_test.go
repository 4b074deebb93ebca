package feed_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

func TestAProjectionAppliesEachEventExactlyOnce(t *testing.T) {
	t.Parallel()
	t.Run("old events and new ones", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.append(newWorkspace(), 30)
		f := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
		stop := w.run(f)
		w.wait(f, "seen", 30)
		for range 20 {
			w.wait(f, "seen", w.append(newWorkspace(), 2))
		}
		stop()
		w.wantOnce("seen", 70)
		if at := w.checkpoint("seen"); at != 70 {
			t.Errorf("the checkpoint is at %d, want 70", at)
		}
	})
	t.Run("while its connections are killed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		f := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
		w.run(f)
		head := w.appendWhileKilling(func(p int64) bool { at, _ := f.Lag(context.Background()); return at["seen"].Checkpoint >= p })
		w.wait(f, "seen", head)
		w.wantOnce("seen", head)
	})
	t.Run("with two feeds on one database", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		first := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
		second := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
		w.run(first)
		w.run(second)
		head := w.appendByMany(4, 40)
		w.wait(first, "seen", head)
		w.wait(second, "seen", head)
		w.wantOnce("seen", head)
	})
	t.Run("and passes over types that are not its business", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		deaf := seeing("deaf", nil)
		deaf.Types = []string{"connection.paired"}
		f := w.feed(w.config(), func(f *feed.Feed) { f.Project(deaf) })
		stop := w.run(f)
		w.wait(f, "deaf", w.append(newWorkspace(), 10))
		stop()
		w.wantOnce("deaf", 0)
		if at := w.checkpoint("deaf"); at != 10 {
			t.Errorf("the checkpoint is at %d, want 10", at)
		}
	})
}

// appendByMany appends from several callers at once and returns the last position.
func (w *world) appendByMany(callers, each int) int64 {
	w.tb.Helper()
	var head atomic.Int64
	var writing sync.WaitGroup
	for range callers {
		writing.Go(func() {
			ws := newWorkspace()
			for range each {
				position, err := appendTo(context.Background(), w.store, ws, 1)
				if err != nil {
					w.tb.Error(err)
					return
				}
				for at := head.Load(); position > at && !head.CompareAndSwap(at, position); at = head.Load() {
				}
			}
		})
	}
	writing.Wait()
	return head.Load()
}

// appendWhileKilling appends while every connection of the feed is terminated again and again, each time after some
// progress was seen, and returns the last position.
func (w *world) appendWhileKilling(reached func(int64) bool) int64 {
	w.tb.Helper()
	var head int64
	killed := 0
	for round := range 15 {
		head = w.appendByMany(3, 8)
		var n int
		must(w.tb, w.admin.Get(&n, `
			SELECT count(pg_terminate_backend(pid))
			FROM pg_stat_activity
			WHERE application_name = 'feed' AND datname = current_database()`))
		killed += n
		half := head - 12
		if round%3 == 2 {
			eventually(w.tb, "the feed goes on after its connections were killed", func() bool { return reached(half) })
		}
	}
	if killed == 0 {
		w.tb.Error("no connection was killed: the test proves nothing")
	}
	return head
}

func TestABadEventBlocksOnlyItsStream(t *testing.T) {
	t.Parallel()
	ways := map[string]func(domain.Recorded, projections.Writer) error{
		"with an error": func(domain.Recorded, projections.Writer) error { return errBad },
		"with a panic":  func(domain.Recorded, projections.Writer) error { panic("no such thing") },
		"with an SQL error": func(_ domain.Recorded, w projections.Writer) error {
			_, err := w.ExecContext(context.Background(), `INSERT INTO read_seen (reader) VALUES ($1)`, "nobody")
			return err
		},
		"with an SQL error that is not passed on": func(_ domain.Recorded, w projections.Writer) error {
			_, _ = w.ExecContext(context.Background(), `INSERT INTO read_seen (reader) VALUES ($1)`, "nobody")
			return nil
		},
	}
	for name, fail := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var mended atomic.Bool
			bad := int64(4)
			f := w.feed(w.config(), func(f *feed.Feed) {
				f.Project(seeing("seen", func(r domain.Recorded, tx projections.Writer) error {
					if r.Position == bad && !mended.Load() {
						return fail(r, tx)
					}
					return nil
				}))
			})
			sick, well := newWorkspace(), newWorkspace()
			w.append(well, 2)
			w.append(sick, 4) // 3 4 5 6, of which 4 is bad
			w.append(well, 3)
			w.run(f)
			w.wait(f, "seen", 9)
			w.wait(f, "seen", w.append(sick, 1)) // 10, live
			w.wait(f, "seen", w.append(well, 1)) // 11
			wantPositions(t, w.seen("seen"), 1, 2, 3, 7, 8, 9, 11)
			w.wantBlocked(f, "seen", sick, bad, 3)

			if err := f.Retry(context.Background(), "seen", domain.ConnectionStream(sick)); err == nil {
				t.Error("a retry before anything was mended says that it worked")
			}
			w.wantBlocked(f, "seen", sick, bad, 3)

			mended.Store(true)
			must(t, f.Retry(context.Background(), "seen", domain.ConnectionStream(sick)))
			w.wait(f, "seen", w.append(sick, 1)) // 12
			wantPositions(t, w.seen("seen"), 1, 2, 3, 7, 8, 9, 11, 4, 5, 6, 10, 12)
			w.wantNothingBlocked(f)
		})
	}
}

func TestAnEventTheProgramCannotReadBlocksItsStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws := newWorkspace()
	w.append(newWorkspace(), 1)
	w.appendEvents(ws, ofTomorrow{})
	w.append(newWorkspace(), 1)
	f := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	w.run(f)
	w.wait(f, "seen", 3)
	wantPositions(t, w.seen("seen"), 1, 3)
	w.wantBlocked(f, "seen", ws, 2, 0)
}

// ofTomorrow is an event of a type that this version of the program does not know.
type ofTomorrow struct{}

func (ofTomorrow) EventType() string { return "connection.of_tomorrow" }

func wantPositions(t *testing.T, got []int64, want ...int64) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

func (w *world) wantBlocked(f *feed.Feed, reader string, ws domain.WorkspaceID, position int64, waiting int) {
	w.tb.Helper()
	list, err := f.Blocked(context.Background())
	must(w.tb, err)
	if len(list) != 1 {
		w.tb.Fatalf("%d streams are blocked, want 1: %+v", len(list), list)
	}
	got := list[0]
	if got.Error == "" || got.Attempts == 0 || time.Since(got.Since) > time.Hour {
		w.tb.Errorf("it does not say why, how often or since when: %+v", got)
	}
	got.Error, got.Attempts, got.Since = "", 0, time.Time{}
	want := feed.Blocked{Reader: reader, Version: 1, Stream: domain.ConnectionStream(ws), Position: position, Waiting: waiting}
	if diff := cmp.Diff(want, got); diff != "" {
		w.tb.Errorf("what is blocked (-want +got):\n%s", diff)
	}
}

func (w *world) wantNothingBlocked(f *feed.Feed) {
	w.tb.Helper()
	list, err := f.Blocked(context.Background())
	must(w.tb, err)
	if len(list) != 0 {
		w.tb.Errorf("still blocked: %+v", list)
	}
}

func TestTroubleOfTheDatabaseBlamesNoEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var tries atomic.Int32
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Project(seeing("seen", func(_ domain.Recorded, tx projections.Writer) error {
			if tries.Add(1) > 6 { // more than an event is given
				return nil
			}
			_, err := tx.ExecContext(context.Background(), `DO $$ BEGIN RAISE EXCEPTION 'unlucky' USING ERRCODE = '40001'; END $$`)
			return err
		}))
	})
	w.run(f)
	head := w.append(newWorkspace(), 3)
	w.wait(f, "seen", head)
	w.wantOnce("seen", head)
	w.wantNothingBlocked(f)
}

var _ feed.Log = (*postgres.EventStore)(nil)
