package feed_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// remote is the log as a process sees it that appends nothing itself.
type remote struct{ *postgres.EventStore }

func (remote) Committed(context.Context) <-chan struct{} { return nil }

// elsewhere is the configuration of a feed that only notifications can wake.
func (w *world) elsewhere() feed.Config {
	c := w.config()
	c.Log, c.Poll = remote{w.store}, time.Hour
	return c
}

func TestAFeedIsWokenByAnotherProcessesAppend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.elsewhere(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	w.run(f)
	for range 5 {
		w.wait(f, "seen", w.append(newWorkspace(), 1))
	}
	w.wantOnce("seen", 5)
}

func TestAFeedWithoutNotificationsPolls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.elsewhere()
	c.DSN, c.Poll = "", 5*time.Millisecond
	f := w.feed(c, func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	w.run(f)
	w.wait(f, "seen", w.append(newWorkspace(), 1))
}

func TestWakeIsEnoughForAnAppendInAnothersTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.elsewhere()
	c.DSN = ""
	f := w.feed(c, func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	w.run(f)
	position := w.append(newWorkspace(), 1)
	f.Wake()
	w.wait(f, "seen", position)
}

func TestChangesAreHeardInEveryProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	there := w.feed(w.config(), func(*feed.Feed) {})
	atHome, abroad := make(chan feed.Change, 100), make(chan feed.Change, 100)
	here.Changes(func(c feed.Change) { atHome <- c })
	there.Changes(func(c feed.Change) { abroad <- c })
	w.run(there)
	w.run(here)

	// The other process may still be connecting: append until it has heard of something.
	ws := newWorkspace()
	var position int64
	eventually(t, "the other process hears of a change", func() bool {
		position = w.append(ws, 1)
		w.wait(here, "seen", position)
		return len(abroad) > 0
	})
	position = w.append(ws, 1)
	want := feed.Change{Projection: "seen", Workspaces: []domain.WorkspaceID{ws}, Position: position}
	for name, heard := range map[string]chan feed.Change{"here": atHome, "there": abroad} {
		if diff := cmp.Diff(want, lastChange(t, heard, position)); diff != "" {
			t.Errorf("the change heard %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhatIsAnnouncedIsHeardElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := w.feed(w.config(), func(*feed.Feed) {})
	there := w.feed(w.config(), func(*feed.Feed) {})
	atHome, abroad := make(chan feed.Change, 100), make(chan feed.Change, 100)
	here.Changes(func(c feed.Change) { atHome <- c })
	there.Changes(func(c feed.Change) { abroad <- c })
	w.run(here)
	w.run(there)
	said := feed.Change{Projection: "seen", Workspaces: []domain.WorkspaceID{newWorkspace()}}
	eventually(t, "the other process hears of it", func() bool { // it may still be connecting
		if err := here.Announce(t.Context(), said); err != nil {
			t.Fatal(err)
		}
		return len(abroad) > 0
	})
	if diff := cmp.Diff(said, <-abroad); diff != "" {
		t.Error(diff)
	}
	if len(atHome) > 0 {
		t.Errorf("it hears itself: %v", <-atHome)
	}
}

func TestAFeedHearsOfItsOwnChangesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("mine", nil)) })
	there := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("theirs", nil)) })
	heard := make(chan feed.Change, 100)
	here.Changes(func(c feed.Change) { heard <- c })
	w.run(here)
	w.listening()
	position := w.append(newWorkspace(), 1)
	w.wait(here, "mine", position)
	w.run(there) // its change is notified after ours, to the same listener
	mine := 0
	for c := range heard {
		if c.Projection == "theirs" {
			break
		}
		if c.Position == position {
			mine++
		}
	}
	if mine != 1 {
		t.Errorf("it heard of its own change %d times", mine)
	}
}

func lastChange(t *testing.T, heard <-chan feed.Change, position int64) feed.Change {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case c := <-heard:
			if c.Position >= position {
				return c
			}
		case <-deadline.C:
			t.Fatalf("no change up to position %d was heard of", position)
		}
	}
}

func TestAChangeOfManyWorkspacesNamesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 200 {
		w.append(newWorkspace(), 1)
	}
	there := w.feed(w.config(), func(*feed.Feed) {})
	heard := make(chan feed.Change, 100)
	there.Changes(func(c feed.Change) { heard <- c })
	w.run(there)
	here := w.feed(w.config(), func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	here.Changes(func(feed.Change) {})
	w.listening()
	w.run(here)
	if c := lastChange(t, heard, 200); c.Workspaces != nil {
		t.Errorf("%d workspaces are named", len(c.Workspaces))
	}
}

// listening waits until some process listens for changes.
func (w *world) listening() {
	w.tb.Helper()
	eventually(w.tb, "a process listens", func() bool {
		var n int
		must(w.tb, w.admin.Get(&n, `SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN "sb_changes"' AND datname = current_database()`))
		return n > 0
	})
}

func TestWaitLooksAtTheTableForOtherProcesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	register := func(f *feed.Feed) { f.Project(seeing("seen", nil)) }
	here, there := w.feed(w.config(), register), w.feed(w.config(), register)
	w.run(here)
	w.wait(there, "seen", w.append(newWorkspace(), 1)) // it does not run: it only knows the name

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := there.Wait(ctx, "seen", 99); err == nil {
		t.Error("waiting for what never comes ended without an error")
	}
	if err := there.Wait(context.Background(), "unheard_of", 1); err == nil {
		t.Error("waiting for an unknown reader ended without an error")
	}
}

func TestLagIsMeasuredFromTheLogItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	c := w.config()
	c.Registerer = registry
	gate := make(chan struct{})
	f := w.feed(c, func(f *feed.Feed) {
		f.Project(seeing("seen", func(domain.Recorded, projections.Writer) error { <-gate; return nil }))
	})
	w.run(f)
	before := time.Now().Add(-time.Minute)
	w.append(newWorkspace(), 3)
	lags, err := f.Lag(context.Background())
	must(t, err)
	lag := lags["seen"]
	if lag.Checkpoint != 0 || lag.Head != 3 || lag.Events() != 3 || lag.OldestUnread.Before(before) {
		t.Errorf("the lag of a reader that stands still is %+v", lag)
	}
	wantMetric(t, registry, "switchboard_projection_lag_events", 3)

	close(gate)
	w.wait(f, "seen", 3)
	lags, err = f.Lag(context.Background())
	must(t, err)
	if diff := cmp.Diff(feed.Lag{Checkpoint: 3, Head: 3}, lags["seen"]); diff != "" {
		t.Errorf("the lag at the tip (-want +got):\n%s", diff)
	}
	wantMetric(t, registry, "switchboard_projection_lag_events", 0)
	wantMetric(t, registry, "switchboard_projection_lag_seconds", 0)
}

func TestBlockedStreamsAreAMetric(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	c := w.config()
	c.Registerer = registry
	f := w.feed(c, func(f *feed.Feed) {
		f.Project(seeing("seen", func(domain.Recorded, projections.Writer) error { return errBad }))
	})
	w.run(f)
	w.append(newWorkspace(), 2)
	w.wait(f, "seen", w.append(newWorkspace(), 1))
	wantMetric(t, registry, "switchboard_projection_blocked_streams", 2)
	wantMetric(t, registry, "switchboard_projection_dead_letters_total", 2)
}

func wantMetric(t *testing.T, registry prometheus.Gatherer, name string, want float64) {
	t.Helper()
	families, err := registry.Gather()
	must(t, err)
	for _, family := range families {
		if family.GetName() == name {
			m := family.GetMetric()[0]
			if got := m.GetGauge().GetValue() + m.GetCounter().GetValue(); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
			return
		}
	}
	t.Errorf("there is no metric %s", name)
}
