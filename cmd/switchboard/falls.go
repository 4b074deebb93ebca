package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lib/pq"

	"switchboard.example/adapters/feed"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// falls are lines of this node that fell and of which the other nodes have not been told yet.
type falls struct {
	mu   sync.Mutex
	of   map[domain.WorkspaceID]bool
	more chan struct{}
}

func newFalls() *falls {
	return &falls{of: map[domain.WorkspaceID]bool{}, more: make(chan struct{}, 1)}
}

// add has them told.
func (f *falls) add(workspaces []domain.WorkspaceID) {
	f.put(workspaces)
	select {
	case f.more <- struct{}{}:
	default:
	}
}

func (f *falls) put(workspaces []domain.WorkspaceID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range workspaces {
		f.of[w] = true
	}
}

func (f *falls) take() []domain.WorkspaceID {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Collect(maps.Keys(f.of))
	clear(f.of)
	return all
}

const (
	fallsWithin = 2 * time.Second // how long telling may take
	fallsAgain  = time.Second     // how soon it is tried again
)

// tellFalls tells the other nodes of lines that fell, until ctx ends. Those of one moment go together.
func (a *app) tellFalls(ctx context.Context) error {
	again := time.NewTimer(0)
	again.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.falls.more:
		case <-again.C:
		}
		fallen := a.falls.take()
		if err := a.writeFalls(ctx, fallen); err != nil { // the database is away, as every node can see
			a.falls.put(fallen)
			again.Reset(fallsAgain)
		}
	}
}

// writeFalls leaves out what is up again.
func (a *app) writeFalls(ctx context.Context, fallen []domain.WorkspaceID) error {
	ctx, cancel := context.WithTimeout(ctx, fallsWithin)
	defer cancel()
	var told []domain.WorkspaceID
	var ids, reasons []string
	var after []int64
	for _, w := range fallen {
		if position, why := a.pool.Fallen(w); why != "" {
			told, ids, after, reasons = append(told, w), append(ids, string(w)), append(after, position), append(reasons, string(why))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := a.core.worker.ExecContext(ctx, `
		INSERT INTO session_falls (workspace_id, after_position, reason)
		SELECT f.id, f.position, f.reason
		  FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS f (id, position, reason)
		 ORDER BY f.id
		ON CONFLICT ON CONSTRAINT session_falls_pkey DO UPDATE
		   SET after_position = EXCLUDED.after_position, reason = EXCLUDED.reason, fell_at = clock_timestamp()
		 WHERE session_falls.after_position <= EXCLUDED.after_position`, pq.Array(ids), pq.Array(after), pq.Array(reasons))
	if err != nil {
		return err
	}
	return a.feed.Announce(ctx, feed.Change{Projection: projections.ConnectionStatus().Name, Workspaces: told})
}
