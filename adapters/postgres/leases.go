package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
)

// Lengths of a heartbeat. A node that could not renew for TTL−Margin stops its sessions by its own clock, before anybody
// else may take them by the database's.
const (
	heartbeatTTL    = 15 * time.Second
	heartbeatMargin = 5 * time.Second
	heartbeatEvery  = 5 * time.Second
)

// ErrNoHeartbeat says this process's heartbeat is not known to be fresh, so it may take nothing over.
var ErrNoHeartbeat = errors.New("this node has no fresh heartbeat")

// LeasesConfig says who this process is.
type LeasesConfig struct {
	DB *sqlx.DB // under sb_worker
	// Name is the same for a process and the one that takes its place after a restart: an earlier node of that name
	// counts as dead at once. Defaults to "": nobody is replaced.
	Name string
	// DSN lets the leases hear at once of what other nodes give back. Defaults to none: asking again finds it too.
	DSN string
	// OnFreed is told of workspaces that another node gave back; of nil when anything may have changed, or this node may
	// take leases and could not before. It must not block.
	// Defaults to nothing.
	OnFreed func([]domain.WorkspaceID)
	// OnRenewed is told how long a heartbeat took. Defaults to nothing.
	OnRenewed func(time.Duration)
	// OnLost is told of workspaces that are no longer ours, from within Run; it must not block. Defaults to nothing.
	OnLost func([]domain.WorkspaceID)
	Log    *slog.Logger     // Defaults to slog.Default()
	Now    func() time.Time // must be monotonic. Defaults to time.Now
}

// Leases decide which process owns a workspace's session. A process proves it lives by one heartbeat row; a workspace's
// row changes only when it is taken over or given back, and its epoch only goes up, so whoever was replaced is refused by
// the log (commands.ErrFenced) even if it has not noticed.
type Leases struct {
	table     leaseTable
	dsn       string
	node      string
	name      string
	onLost    func([]domain.WorkspaceID)
	onFreed   func([]domain.WorkspaceID)
	onRenewed func(time.Duration)
	log       *slog.Logger
	now       func() time.Time

	mu        sync.Mutex
	mine      map[domain.WorkspaceID]int64
	trustedTo time.Time
	replaced  bool // earlier nodes of our name are out of the list
	leaving   bool
	others    int // other nodes, alive and not leaving, as of a moment ago
}

// leaseTable is where nodes and leases are kept; time is its own clock's.
type leaseTable interface {
	replace(ctx context.Context, name, node string) error
	renew(ctx context.Context, name, node string, leaving bool) error
	owned(ctx context.Context, node string) (map[domain.WorkspaceID]int64, error)
	others(ctx context.Context, node string) (int, error)
	take(ctx context.Context, workspaces []domain.WorkspaceID, most int, node string) (map[domain.WorkspaceID]int64, error)
	release(ctx context.Context, w domain.WorkspaceID, node string) error
	releaseAll(ctx context.Context, node string) error
}

// NewLeases makes a node with a fresh id. Run keeps it alive.
func NewLeases(cfg LeasesConfig) *Leases {
	l := &Leases{
		table: leaseRows{cfg.DB}, dsn: cfg.DSN, node: uuid.NewString(), name: cfg.Name, onLost: cfg.OnLost, onFreed: cfg.OnFreed,
		onRenewed: cfg.OnRenewed, log: cmp.Or(cfg.Log, slog.Default()), now: cfg.Now, mine: map[domain.WorkspaceID]int64{},
	}
	if l.now == nil {
		l.now = time.Now //nolint:forbidigo // the default of a Now field
	}
	if l.onLost == nil {
		l.onLost = func([]domain.WorkspaceID) {}
	}
	if l.onFreed == nil {
		l.onFreed = func([]domain.WorkspaceID) {}
	}
	return l
}

// NodeID names this process in the tables nodes and workspace_leases.
func (l *Leases) NodeID() string { return l.node }

// Run renews the heartbeat until ctx ends, at once and then every 5 s. It reports what was lost and never gives up. It
// releases nothing when it ends: call ReleaseAll once the sessions are closed.
func (l *Leases) Run(ctx context.Context) error {
	if l.dsn != "" {
		go l.listen(ctx)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	due := l.now()
	for {
		if now := l.now(); !now.Before(due) {
			due = now.Add(heartbeatEvery)
			if err := l.Beat(ctx); err != nil && ctx.Err() == nil {
				due = now.Add(time.Second)
				l.log.WarnContext(ctx, "heartbeat failed", "error", err)
			}
		}
		l.loseIfStale(ctx)
		l.count(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Beat renews the heartbeat once, and finds out which workspaces others have taken.
func (l *Leases) Beat(ctx context.Context) error {
	started := l.now() // trust counts from before the request: the server's clock started later
	ctx, cancel := context.WithTimeout(ctx, heartbeatTTL-heartbeatMargin)
	defer cancel()
	if err := l.replace(ctx); err != nil {
		return fmt.Errorf("replace an earlier node: %w", err)
	}
	if err := l.table.renew(ctx, l.name, l.node, l.leaves()); err != nil {
		return fmt.Errorf("renew the heartbeat: %w", err)
	}
	before := l.Mine()
	owned, err := l.table.owned(ctx, l.node)
	if err != nil {
		return fmt.Errorf("read own leases: %w", err)
	}
	if l.onRenewed != nil {
		l.onRenewed(l.now().Sub(started))
	}
	l.mu.Lock()
	may := l.trusted() && !l.leaving
	l.trustedTo = started.Add(heartbeatTTL - heartbeatMargin)
	var lost []domain.WorkspaceID
	for w, epoch := range before {
		if owned[w] != epoch && l.mine[w] == epoch {
			delete(l.mine, w)
			lost = append(lost, w)
		}
	}
	may = !may && l.trusted() && !l.leaving
	l.mu.Unlock()
	l.report(ctx, lost)
	if may { // and could not until now
		l.onFreed(nil)
	}
	return nil
}

// replace takes earlier nodes of our name out of the list, once. Doing it at every beat would make two living ones of
// the same name take turns.
func (l *Leases) replace(ctx context.Context) error {
	l.mu.Lock()
	done := l.replaced || l.name == ""
	l.mu.Unlock()
	if done {
		return nil
	}
	if err := l.table.replace(ctx, l.name, l.node); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replaced = true
	return nil
}

// count learns how many nodes share the sessions, so that a dead one's share is free to take within a second.
func (l *Leases) count(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	n, err := l.table.others(ctx, l.node)
	if err != nil {
		return // the heartbeat says so already
	}
	l.mu.Lock()
	changed := l.others != n
	l.others = n
	l.mu.Unlock()
	if changed {
		l.onFreed(nil)
	}
}

// Others is how many other nodes share the sessions, as of a moment ago.
func (l *Leases) Others() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.others
}

// Leave says that this node takes nothing any more, so that the others make room for what it gives back. What it owns
// stays its own until it is released.
func (l *Leases) Leave(ctx context.Context) error {
	l.mu.Lock()
	l.leaving = true
	l.mu.Unlock()
	if err := l.table.renew(ctx, l.name, l.node, true); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	l.count(ctx)
	return nil
}

func (l *Leases) leaves() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leaving
}

// Fresh says whether the heartbeat is known to be fresh: the lease loop is alive, and so is its database.
func (l *Leases) Fresh() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trusted()
}

// loseIfStale gives everything up when the heartbeat could not be renewed in time.
func (l *Leases) loseIfStale(ctx context.Context) {
	l.mu.Lock()
	var lost []domain.WorkspaceID
	if !l.trusted() {
		for w := range l.mine {
			lost = append(lost, w)
		}
		clear(l.mine)
	}
	l.mu.Unlock()
	l.report(ctx, lost)
}

func (l *Leases) report(ctx context.Context, lost []domain.WorkspaceID) {
	if len(lost) == 0 {
		return
	}
	l.log.WarnContext(ctx, "workspace leases lost", "count", len(lost))
	l.onLost(lost)
}

// trusted says whether nobody else can have taken anything yet. The lock is held.
func (l *Leases) trusted() bool { return l.now().Before(l.trustedTo) }

// Acquire takes so many, at most, of the workspaces that nobody alive owns, and says under which epochs. What is ours already is among
// them: same epoch, no write. It fails with ErrNoHeartbeat before the first Beat, and while the heartbeat is stale.
func (l *Leases) Acquire(ctx context.Context, most int, workspaces ...domain.WorkspaceID) (map[domain.WorkspaceID]int64, error) {
	l.mu.Lock()
	trusted, leaving := l.trusted(), l.leaving
	l.mu.Unlock()
	if !trusted || leaving {
		return nil, ErrNoHeartbeat
	}
	epochs, err := l.table.take(ctx, workspaces, most, l.node)
	if err != nil {
		return nil, fmt.Errorf("take leases: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.trusted() { // it took too long: somebody may think us dead
		return nil, ErrNoHeartbeat
	}
	maps.Copy(l.mine, epochs)
	return epochs, nil
}

// Release gives a workspace back, so that others need not wait for our heartbeat to run out. Its epoch stays and goes up
// when somebody takes it. Releasing what is not ours changes nothing.
func (l *Leases) Release(ctx context.Context, w domain.WorkspaceID) error {
	l.mu.Lock()
	delete(l.mine, w)
	l.mu.Unlock()
	if err := l.table.release(ctx, w, l.node); err != nil {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}

// ReleaseAll gives everything back and takes this node out of the list. Beat starts it again.
func (l *Leases) ReleaseAll(ctx context.Context) error {
	l.mu.Lock()
	clear(l.mine)
	l.trustedTo, l.leaving = time.Time{}, false
	l.mu.Unlock()
	if err := l.table.releaseAll(ctx, l.node); err != nil {
		return fmt.Errorf("release all leases: %w", err)
	}
	return nil
}

// Mine returns the workspaces this process owns and their epochs; nothing while its heartbeat is stale.
func (l *Leases) Mine() map[domain.WorkspaceID]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.trusted() {
		return map[domain.WorkspaceID]int64{}
	}
	return maps.Clone(l.mine)
}

// Epoch returns the epoch under which this process owns the workspace, if it does.
func (l *Leases) Epoch(w domain.WorkspaceID) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	epoch, ok := l.mine[w]
	return epoch, ok && l.trusted()
}
