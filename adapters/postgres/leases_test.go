package postgres_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// clock is a monotonic clock moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// node is a process as far as leases go.
func node(tb testing.TB, w world, cfg postgres.LeasesConfig) *postgres.Leases {
	tb.Helper()
	cfg.DB, cfg.Log = w.worker, quiet()
	l := postgres.NewLeases(cfg)
	if err := l.Beat(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return l
}

// dies makes the database believe the node's heartbeat ran out.
func dies(tb testing.TB, w world, l *postgres.Leases) {
	tb.Helper()
	w.DB.MustExec(`UPDATE nodes SET expires_at = clock_timestamp() - interval '1 second' WHERE node_id = $1`, l.NodeID())
}

func wantLease(tb testing.TB, l *postgres.Leases, w domain.WorkspaceID, wantEpoch int64) {
	tb.Helper()
	taken, err := l.Acquire(tb.Context(), 100, w)
	epoch, ok := taken[w]
	if err != nil || ok != (wantEpoch > 0) || epoch != wantEpoch {
		tb.Fatalf("epoch %d, ok %v, error %v; want epoch %d", epoch, ok, err, wantEpoch)
	}
}

func TestLeases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := node(t, w, postgres.LeasesConfig{}), node(t, w, postgres.LeasesConfig{})
	workspace := newID[domain.WorkspaceID]()
	appendUnder := func(epoch int64) error {
		r := request(domain.ConnectionStream(workspace), commands.AnyVersion, renamed(workspace, "x"))
		r.Epoch = epoch
		_, err := w.store.Append(t.Context(), r)
		return err
	}

	wantLease(t, a, workspace, 1)
	wantLease(t, a, workspace, 1) // ours already
	wantLease(t, b, workspace, 0) // taken
	if epoch, ok := a.Epoch(workspace); !ok || epoch != 1 || len(a.Mine()) != 1 {
		t.Errorf("a owns it under %d, %v", epoch, ok)
	}
	if err := appendUnder(1); err != nil {
		t.Errorf("the owner appends: %v", err)
	}

	dies(t, w, a)
	wantLease(t, b, workspace, 2)
	if err := appendUnder(1); !errors.Is(err, commands.ErrFenced) {
		t.Errorf("the old owner appends: %v", err)
	}
	if err := appendUnder(2); err != nil {
		t.Errorf("the new owner appends: %v", err)
	}

	if err := b.Release(t.Context(), workspace); err != nil {
		t.Fatal(err)
	}
	if err := appendUnder(2); err != nil {
		t.Errorf("released and not taken yet: %v", err)
	}
	if err := a.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLease(t, a, workspace, 3)
	wantLease(t, b, workspace, 0)

	if err := a.ReleaseAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLease(t, b, workspace, 4)
	if _, err := a.Acquire(t.Context(), 100, workspace); !errors.Is(err, postgres.ErrNoHeartbeat) {
		t.Errorf("a node that left takes a lease: %v", err)
	}
}

func TestRacingForALease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	dead := node(t, w, postgres.LeasesConfig{})
	wantLease(t, dead, workspace, 1)
	dies(t, w, dead)
	var mu sync.Mutex
	var epochs []int64
	var all sync.WaitGroup
	for range 8 {
		l := node(t, w, postgres.LeasesConfig{})
		all.Go(func() {
			taken, err := l.Acquire(t.Context(), 100, workspace)
			epoch, ok := taken[workspace]
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				epochs = append(epochs, epoch)
			}
		})
	}
	all.Wait()
	if len(epochs) != 1 || epochs[0] != 2 {
		t.Errorf("taken under epochs %v, want once under 2", epochs)
	}
}

func TestANodeStopsBeforeOthersMayTakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost := make(chan []domain.WorkspaceID, 1)
	own := &clock{now: testTime}
	l := node(t, w, postgres.LeasesConfig{Now: own.Now, OnLost: func(ws []domain.WorkspaceID) { lost <- ws }})
	workspace := newID[domain.WorkspaceID]()
	wantLease(t, l, workspace, 1)
	own.pass(9 * time.Second)
	if len(l.Mine()) != 1 {
		t.Error("lost too early")
	}
	own.pass(2 * time.Second) // 11 s after the last beat: TTL is 15 s, the margin 5 s
	if _, ok := l.Epoch(workspace); ok || len(l.Mine()) != 0 {
		t.Error("a node with a stale heartbeat still owns something")
	}
	if _, err := l.Acquire(t.Context(), 100, workspace); !errors.Is(err, postgres.ErrNoHeartbeat) {
		t.Errorf("a node with a stale heartbeat takes a lease: %v", err)
	}
	w.DB.MustExec(`DROP TABLE nodes`) // beats fail from here on
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	select {
	case ws := <-lost:
		if len(ws) != 1 || ws[0] != workspace {
			t.Errorf("lost %v", ws)
		}
	case <-time.After(10 * time.Second):
		t.Error("the loss was not reported")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestABeatFindsOutWhatOthersTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var lost []domain.WorkspaceID
	a := node(t, w, postgres.LeasesConfig{OnLost: func(ws []domain.WorkspaceID) { lost = ws }})
	b := node(t, w, postgres.LeasesConfig{})
	taken, kept := newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	wantLease(t, a, taken, 1)
	wantLease(t, a, kept, 1)
	dies(t, w, a)
	wantLease(t, b, taken, 2)
	if err := a.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(lost) != 1 || lost[0] != taken {
		t.Errorf("lost %v, want %s", lost, taken)
	}
	if _, ok := a.Epoch(kept); !ok || len(a.Mine()) != 1 {
		t.Errorf("a owns %v", a.Mine())
	}
}

func TestARestartedNodeReplacesItsPredecessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	wantLease(t, node(t, w, postgres.LeasesConfig{Name: "a"}), workspace, 1)
	wantLease(t, node(t, w, postgres.LeasesConfig{Name: "b"}), workspace, 0)
	wantLease(t, node(t, w, postgres.LeasesConfig{Name: "a"}), workspace, 2)
}

func TestATakeOverKnowsWhatWasSaidBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	said := func(want int64) {
		t.Helper()
		var after int64
		if err := w.DB.Get(&after, `SELECT taken_after FROM workspace_leases WHERE workspace_id = $1`, string(workspace)); err != nil || after != want {
			t.Fatalf("taken after %d, %v; want %d", after, err, want)
		}
	}
	first := node(t, w, postgres.LeasesConfig{Name: "a"})
	wantLease(t, first, workspace, 1)
	said(0)
	head, err := w.store.Append(t.Context(), request(domain.ConnectionStream(workspace), 0, renamed(workspace, "x")))
	if err != nil {
		t.Fatal(err)
	}
	wantLease(t, first, workspace, 1)
	said(0) // it had it all along
	wantLease(t, node(t, w, postgres.LeasesConfig{Name: "a"}), workspace, 2)
	said(head)
}

func TestAppendsNeverWaitForATakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace, other := newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	l := node(t, w, postgres.LeasesConfig{})
	wantLease(t, l, workspace, 1)
	inTx(t, w.DB, func(ctx context.Context, tx *sqlx.Tx) bool {
		tx.MustExec(`UPDATE workspace_leases SET epoch = epoch + 1 WHERE workspace_id = $1`, string(workspace))
		r := request(domain.ConnectionStream(workspace), 0, renamed(workspace, "x"))
		r.Epoch = 1
		if _, err := w.store.Append(ctx, r); !errors.Is(err, commands.ErrFenced) {
			t.Errorf("while being taken over: %v", err)
		}
		if _, err := w.store.Append(ctx, request(domain.ConnectionStream(other), 0, renamed(other, "x"))); err != nil {
			t.Errorf("another workspace meanwhile: %v", err)
		}
		return true
	})
}

// A thousand workspaces are taken by one question, each by its own rules.
func TestManyLeasesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, orphan, others, fresh := newID[domain.WorkspaceID](), newID[domain.WorkspaceID](), newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	l, dead, other := node(t, w, postgres.LeasesConfig{}), node(t, w, postgres.LeasesConfig{}), node(t, w, postgres.LeasesConfig{})
	wantLease(t, l, mine, 1)
	wantLease(t, dead, orphan, 1)
	wantLease(t, other, others, 1)
	dies(t, w, dead)
	taken, err := l.Acquire(t.Context(), 100, mine, orphan, others, fresh)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[domain.WorkspaceID]int64{mine: 1, orphan: 2, fresh: 1}; !maps.Equal(taken, want) {
		t.Errorf("taken %v, want %v", taken, want)
	}
	if !maps.Equal(l.Mine(), taken) {
		t.Errorf("ours are %v", l.Mine())
	}
}

// Whoever has room for one asks about all at once, and takes one.
func TestNoMoreLeasesThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, dead := node(t, w, postgres.LeasesConfig{}), node(t, w, postgres.LeasesConfig{})
	mine, orphan, fresh, newer := newID[domain.WorkspaceID](), newID[domain.WorkspaceID](), newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	wantLease(t, l, mine, 1)
	wantLease(t, dead, orphan, 1)
	dies(t, w, dead)
	for most, want := range []int{1, 2, 4} { // what is ours already takes no room
		if taken, err := l.Acquire(t.Context(), most, mine, orphan, fresh, newer); err != nil || len(taken) != want {
			t.Fatalf("room for %d: taken %v, %v", most, taken, err)
		}
	}
}

// Nodes that take the same workspaces at the same moment neither wait for each other for ever nor share one.
func TestRacingForManyLeases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dead := node(t, w, postgres.LeasesConfig{})
	var all []domain.WorkspaceID
	for range 50 {
		all = append(all, newID[domain.WorkspaceID]())
	}
	if _, err := dead.Acquire(t.Context(), 100, all...); err != nil {
		t.Fatal(err)
	}
	dies(t, w, dead)
	var mu sync.Mutex
	var racing sync.WaitGroup
	owners := map[domain.WorkspaceID]int{}
	for i := range 6 {
		l := node(t, w, postgres.LeasesConfig{})
		wanted := slices.Clone(all)
		if i%2 == 0 {
			slices.Reverse(wanted)
		}
		racing.Go(func() {
			taken, err := l.Acquire(t.Context(), 100, wanted...)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for id := range taken {
				owners[id]++
			}
		})
	}
	racing.Wait()
	for id, n := range owners {
		if n != 1 {
			t.Errorf("%s has %d owners", id, n)
		}
	}
	if len(owners) == 0 {
		t.Error("nobody took anything")
	}
}

// Who could take nothing and now can is told so, or it would ask again only after a while.
func TestTheFirstBeatSaysThatLeasesMayBeTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := 0
	own := &clock{now: testTime}
	l := node(t, w, postgres.LeasesConfig{Now: own.Now, OnFreed: func(ws []domain.WorkspaceID) {
		if ws == nil {
			told++
		}
	}})
	if err := l.Beat(t.Context()); err != nil || told != 1 {
		t.Errorf("told %d times after two beats, %v", told, err)
	}
	own.pass(time.Minute)
	if err := l.Beat(t.Context()); err != nil || told != 2 {
		t.Errorf("told %d times after a stale one, %v", told, err)
	}
}
