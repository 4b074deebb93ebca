package postgres

import (
	"cmp"
	"context"
	"database/sql"
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
	// OnLost is told of workspaces that are no longer ours, from within Run; it must not block. Defaults to nothing.
	OnLost func([]domain.WorkspaceID)
	Log    *slog.Logger     // Defaults to slog.Default()
	Now    func() time.Time // must be monotonic. Defaults to time.Now
}

// Leases decide which process owns a workspace's session. A process proves it lives by one heartbeat row; a workspace's
// row changes only when it is taken over or given back, and its epoch only goes up, so whoever was replaced is refused by
// the log (commands.ErrFenced) even if it has not noticed.
type Leases struct {
	db     *sqlx.DB
	node   string
	name   string
	onLost func([]domain.WorkspaceID)
	log    *slog.Logger
	now    func() time.Time

	mu        sync.Mutex
	mine      map[domain.WorkspaceID]int64
	trustedTo time.Time
	replaced  bool // earlier nodes of our name are out of the list
}

// NewLeases makes a node with a fresh id. Run keeps it alive.
func NewLeases(cfg LeasesConfig) *Leases {
	l := &Leases{
		db: cfg.DB, node: uuid.NewString(), name: cfg.Name, onLost: cfg.OnLost, log: cmp.Or(cfg.Log, slog.Default()),
		now: cfg.Now, mine: map[domain.WorkspaceID]int64{},
	}
	if l.now == nil {
		l.now = time.Now //nolint:forbidigo // the default of a Now field
	}
	if l.onLost == nil {
		l.onLost = func([]domain.WorkspaceID) {}
	}
	return l
}

// NodeID names this process in the tables nodes and workspace_leases.
func (l *Leases) NodeID() string { return l.node }

// Run renews the heartbeat until ctx ends, at once and then every 5 s. It reports what was lost and never gives up. It
// releases nothing when it ends: call ReleaseAll once the sessions are closed.
func (l *Leases) Run(ctx context.Context) error {
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
	if err := l.renew(ctx); err != nil {
		return fmt.Errorf("renew the heartbeat: %w", err)
	}
	before := l.Mine()
	owned, err := l.owned(ctx)
	if err != nil {
		return fmt.Errorf("read own leases: %w", err)
	}
	l.mu.Lock()
	l.trustedTo = started.Add(heartbeatTTL - heartbeatMargin)
	var lost []domain.WorkspaceID
	for w, epoch := range before {
		if owned[w] != epoch && l.mine[w] == epoch {
			delete(l.mine, w)
			lost = append(lost, w)
		}
	}
	l.mu.Unlock()
	l.report(ctx, lost)
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
	if _, err := l.db.ExecContext(ctx, `DELETE FROM nodes WHERE name = $1 AND node_id <> $2`, l.name, l.node); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replaced = true
	return nil
}

func (l *Leases) renew(ctx context.Context) error {
	_, err := l.db.ExecContext(ctx, `
		INSERT INTO nodes (node_id, name, expires_at)
		VALUES ($1, $2, clock_timestamp() + $3 * interval '1 second')
		ON CONFLICT ON CONSTRAINT nodes_pkey DO UPDATE SET expires_at = EXCLUDED.expires_at`,
		l.node, l.name, heartbeatTTL.Seconds())
	return err
}

func (l *Leases) owned(ctx context.Context) (map[domain.WorkspaceID]int64, error) {
	rows, err := l.db.QueryContext(ctx, `SELECT workspace_id, epoch FROM workspace_leases WHERE node_id = $1`, l.node)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	owned := map[domain.WorkspaceID]int64{}
	for rows.Next() {
		var w domain.WorkspaceID
		var epoch int64
		if err := rows.Scan(&w, &epoch); err != nil {
			return nil, err
		}
		owned[w] = epoch
	}
	return owned, rows.Err()
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

// Acquire takes the workspace if nobody alive owns it, and says under which epoch. It is ours already: same epoch, no
// write. It fails with ErrNoHeartbeat before the first Beat, and while the heartbeat is stale.
func (l *Leases) Acquire(ctx context.Context, w domain.WorkspaceID) (epoch int64, ok bool, err error) {
	l.mu.Lock()
	trusted := l.trusted()
	l.mu.Unlock()
	if !trusted {
		return 0, false, ErrNoHeartbeat
	}
	epoch, ok, err = l.take(ctx, w)
	if err != nil || !ok {
		return 0, false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.trusted() { // it took too long: somebody may think us dead
		return 0, false, ErrNoHeartbeat
	}
	l.mine[w] = epoch
	return epoch, true, nil
}

// ownership is a lease row as seen without a lock.
type ownership struct {
	Epoch int64 `db:"epoch"`
	Mine  bool  `db:"mine"`
	Alive bool  `db:"alive"`
}

// take looks before it writes: a write would lock the row, and a living owner's appends would find it locked.
func (l *Leases) take(ctx context.Context, w domain.WorkspaceID) (int64, bool, error) {
	var seen ownership
	err := l.db.GetContext(ctx, &seen, `
		SELECT l.epoch, l.node_id IS NOT DISTINCT FROM $2 AS mine, n.node_id IS NOT NULL AS alive
		  FROM workspace_leases l
		  LEFT JOIN nodes n ON n.node_id = l.node_id AND n.expires_at > clock_timestamp()
		 WHERE l.workspace_id = $1`, string(w), l.node)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return l.claimNew(ctx, w)
	case err != nil:
		return 0, false, fmt.Errorf("look at a lease: %w", err)
	case seen.Mine:
		return seen.Epoch, true, nil
	case seen.Alive:
		return 0, false, nil
	}
	return l.takeOver(ctx, w, seen.Epoch)
}

func (l *Leases) claimNew(ctx context.Context, w domain.WorkspaceID) (int64, bool, error) {
	return scanEpoch(l.db.QueryRowContext(ctx, `
		INSERT INTO workspace_leases (workspace_id, node_id, epoch)
		VALUES ($1, $2, 1)
		ON CONFLICT ON CONSTRAINT workspace_leases_pkey DO NOTHING
		RETURNING epoch`, string(w), l.node))
}

// takeOver succeeds for one of several who saw the same epoch, and only while the owner is still dead.
func (l *Leases) takeOver(ctx context.Context, w domain.WorkspaceID, seen int64) (int64, bool, error) {
	return scanEpoch(l.db.QueryRowContext(ctx, `
		UPDATE workspace_leases l
		   SET node_id = $2, epoch = l.epoch + 1, taken_at = clock_timestamp()
		 WHERE l.workspace_id = $1
		   AND l.epoch = $3
		   AND NOT EXISTS (SELECT FROM nodes n WHERE n.node_id = l.node_id AND n.expires_at > clock_timestamp())
		RETURNING epoch`, string(w), l.node, seen))
}

func scanEpoch(row *sql.Row) (int64, bool, error) {
	var epoch int64
	err := row.Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil // somebody was quicker
	}
	if err != nil {
		return 0, false, fmt.Errorf("take a lease: %w", err)
	}
	return epoch, true, nil
}

// Release gives a workspace back, so that others need not wait for our heartbeat to run out. Its epoch stays and goes up
// when somebody takes it. Releasing what is not ours changes nothing.
func (l *Leases) Release(ctx context.Context, w domain.WorkspaceID) error {
	l.mu.Lock()
	delete(l.mine, w)
	l.mu.Unlock()
	_, err := l.db.ExecContext(ctx, `
		UPDATE workspace_leases
		   SET node_id = NULL
		 WHERE workspace_id = $1 AND node_id = $2`, string(w), l.node)
	if err != nil {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}

// ReleaseAll gives everything back and takes this node out of the list. Beat starts it again.
func (l *Leases) ReleaseAll(ctx context.Context) error {
	l.mu.Lock()
	clear(l.mine)
	l.trustedTo = time.Time{}
	l.mu.Unlock()
	_, err := l.db.ExecContext(ctx, `
		WITH released AS (UPDATE workspace_leases SET node_id = NULL WHERE node_id = $1)
		DELETE FROM nodes WHERE node_id = $1`, l.node)
	if err != nil {
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
