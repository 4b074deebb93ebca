package feed_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/adapters/feed"
	"switchboard.example/domain"
)

// notes are what a reactor was given.
type notes struct {
	mu     sync.Mutex
	events []domain.Recorded
}

func (r *notes) note(e domain.Recorded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *notes) positions() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := []int64{}
	for _, e := range r.events {
		got = append(got, e.Position)
	}
	return got
}

// versions returns what was given of one stream, in order.
func (r *notes) versions(ws domain.WorkspaceID) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := []int64{}
	for _, e := range r.events {
		if e.Workspace() == ws {
			got = append(got, e.Version)
		}
	}
	return got
}

func TestAReactorKeepsTheOrderOfEachStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got notes
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.React("order", func(_ context.Context, r domain.Recorded) error { got.note(r); return nil }, feed.ReactOptions{})
	})
	workspaces := []domain.WorkspaceID{newWorkspace(), newWorkspace(), newWorkspace()}
	for range 30 {
		for _, ws := range workspaces {
			w.append(ws, 2)
		}
	}
	w.run(f)
	w.wait(f, "order", w.append(workspaces[0], 1))
	for _, ws := range workspaces {
		if versions := got.versions(ws); !slices.IsSorted(versions) || len(versions) < 60 {
			t.Errorf("the order of %s was %v", ws, versions)
		}
	}
	if n := len(got.positions()); n != 181 {
		t.Errorf("%d events were handed over, want 181", n)
	}
}

func TestAReactorWorksOnSeveralStreamsAtOnce(t *testing.T) {
	t.Parallel()
	const lanes = 4
	w := newWorld(t)
	var inside sync.WaitGroup
	inside.Add(lanes)
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.React("parallel", func(context.Context, domain.Recorded) error {
			inside.Done()
			inside.Wait() // nobody leaves before all lanes are in
			return nil
		}, feed.ReactOptions{Lanes: lanes})
	})
	for range lanes {
		w.append(newWorkspace(), 1)
	}
	w.run(f)
	w.wait(f, "parallel", lanes)
}

func TestASlowStreamDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow, quick := newWorkspace(), newWorkspace()
	release := make(chan struct{})
	var got notes
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Project(seeing("seen", nil))
		f.React("slow", func(_ context.Context, r domain.Recorded) error {
			if r.Workspace() == slow {
				<-release
			}
			got.note(r)
			return nil
		}, feed.ReactOptions{Lanes: 2})
	})
	w.run(f)
	w.append(slow, 3)
	head := w.append(quick, 5)
	w.wait(f, "seen", head) // the projection does not mind
	eventually(t, "the other stream is done", func() bool { return len(got.versions(quick)) == 5 })
	if got := got.versions(slow); len(got) != 0 {
		t.Errorf("the slow stream is at %v already", got)
	}
	close(release)
	w.wait(f, "slow", head)
}

func TestAReactorStartsAgainAtItsLowestUnfinishedEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stuck := newWorkspace()
	var before notes
	first := w.feed(w.config(), func(f *feed.Feed) {
		f.React("again", func(ctx context.Context, r domain.Recorded) error {
			if r.Workspace() == stuck {
				<-ctx.Done() // as if the process were killed meanwhile
				return ctx.Err()
			}
			before.note(r)
			return nil
		}, feed.ReactOptions{})
	})
	w.append(newWorkspace(), 3) // 1 2 3
	w.append(stuck, 1)          // 4
	w.append(newWorkspace(), 3) // 5 6 7
	stop := w.run(first)
	eventually(t, "all others are done", func() bool { return len(before.positions()) == 6 })
	stop()
	if at := w.checkpoint("again"); at != 3 {
		t.Errorf("the checkpoint is at %d, want 3: below the lowest unfinished event", at)
	}

	var after notes
	second := w.feed(w.config(), func(f *feed.Feed) {
		f.React("again", func(_ context.Context, r domain.Recorded) error { after.note(r); return nil }, feed.ReactOptions{})
	})
	stop = w.run(second)
	w.wait(second, "again", 7)
	stop()
	got := after.positions()
	slices.Sort(got)
	wantPositions(t, got, 4, 5, 6, 7)
	if at := w.checkpoint("again"); at != 7 {
		t.Errorf("the checkpoint is at %d, want 7", at)
	}
}

func TestAReactorTriesAgainAndParksOnlyTheStreamThatKeepsFailing(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"with an error": func() error { return errBad },
		"with a panic":  func() error { panic("no such thing") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var mended atomic.Bool
			var tries atomic.Int32
			var got notes
			sick, well := newWorkspace(), newWorkspace()
			f := w.feed(w.config(), func(f *feed.Feed) {
				f.React("world", func(_ context.Context, r domain.Recorded) error {
					if r.Workspace() == sick && r.Version == 2 && !mended.Load() {
						tries.Add(1)
						return fail()
					}
					got.note(r)
					return nil
				}, feed.ReactOptions{Tries: 3, Backoff: time.Millisecond})
			})
			w.run(f)
			w.append(sick, 3) // 1 2 3, of which 2 fails
			w.wait(f, "world", w.append(well, 2))
			w.wait(f, "world", w.append(sick, 1)) // 6
			if n := tries.Load(); n != 3 {
				t.Errorf("it was tried %d times, want 3", n)
			}
			w.wantBlocked(f, "world", sick, 2, 2)

			if err := f.Retry(context.Background(), "world", domain.ConnectionStream(sick)); err == nil {
				t.Error("a retry before anything was mended says that it worked")
			}
			mended.Store(true)
			must(t, f.Retry(context.Background(), "world", domain.ConnectionStream(sick)))
			w.wantNothingBlocked(f)
			w.wait(f, "world", w.append(sick, 1))
			wantPositions(t, got.versions(sick), 1, 2, 3, 4, 5)
			wantPositions(t, got.versions(well), 1, 2)
		})
	}
}

func TestAParkedStreamStaysParkedAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sick := newWorkspace()
	failing := func(f *feed.Feed) {
		f.React("world", func(context.Context, domain.Recorded) error { return errBad },
			feed.ReactOptions{Tries: 1})
	}
	first := w.feed(w.config(), failing)
	stop := w.run(first)
	w.wait(first, "world", w.append(sick, 1))
	stop()

	var got notes
	second := w.feed(w.config(), func(f *feed.Feed) {
		f.React("world", func(_ context.Context, r domain.Recorded) error { got.note(r); return nil }, feed.ReactOptions{})
	})
	w.run(second)
	w.wait(second, "world", w.append(sick, 1))
	if n := len(got.positions()); n != 0 {
		t.Errorf("%d events overtook the one that is parked", n)
	}
	w.wantBlocked(second, "world", sick, 1, 1)
	must(t, second.Retry(context.Background(), "world", domain.ConnectionStream(sick)))
	wantPositions(t, got.positions(), 1, 2)
}

func TestOneProcessAtATimeWorksForAReactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var by [2]notes
	start := func(i int) *feed.Feed {
		c := w.config()
		c.LeaseTTL = 5 * time.Second // longer than a busy machine holds a process up
		return w.feed(c, func(f *feed.Feed) {
			f.React("single", func(_ context.Context, r domain.Recorded) error { by[i].note(r); return nil }, feed.ReactOptions{})
		})
	}
	first, second := start(0), start(1)
	stop := w.run(first)
	w.wait(first, "single", w.append(newWorkspace(), 1))
	w.run(second)
	for range 10 {
		w.wait(second, "single", w.append(newWorkspace(), 1)) // it sees the other's work in the table
	}
	if n := len(by[1].positions()); n != 0 {
		t.Errorf("the second process was given %d events while the first was alive", n)
	}
	stop()
	w.wait(second, "single", w.append(newWorkspace(), 1))
	wantPositions(t, by[1].positions(), 12)
}

func TestAReactorMayStartNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(newWorkspace(), 5)
	var got notes
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.React("new", func(_ context.Context, r domain.Recorded) error { got.note(r); return nil },
			feed.ReactOptions{Start: feed.FromNow, Types: []string{"connection.qr_issued"}, PerSecond: 1000})
	})
	w.run(f)
	w.wait(f, "new", 5)
	w.wait(f, "new", w.append(newWorkspace(), 1))
	wantPositions(t, got.positions(), 6)
}

func TestAReactorSurvivesKilledConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got notes
	c := w.config()
	c.LeaseTTL = 2 * time.Second
	f := w.feed(c, func(f *feed.Feed) {
		f.React("world", func(_ context.Context, r domain.Recorded) error { got.note(r); return nil }, feed.ReactOptions{})
	})
	w.run(f)
	head := w.appendWhileKilling(func(p int64) bool { return int64(len(got.positions())) >= p })
	w.wait(f, "world", head)
	positions := got.positions()
	slices.Sort(positions)
	if n := int64(len(slices.Compact(positions))); n != head {
		t.Errorf("%d events were handed over, want all %d", n, head)
	}
}

func TestMistakesAreReportedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Project(seeing("twice", nil))
		f.Project(seeing("twice", nil))
		f.Project(seeing("", nil))
	})
	err := f.Run(context.Background())
	if want := "two readers are called \"twice\"\na reader needs a name"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := feed.New(feed.Config{}); err == nil {
		t.Error("a feed without a log was made")
	}
}
