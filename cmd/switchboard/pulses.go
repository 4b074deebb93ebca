package main

import (
	"context"
	"time"

	"github.com/lib/pq"

	"switchboard.example/domain"
)

// pulsesEvery is how often this node tells the others what its sessions heard.
const pulsesEvery = 5 * time.Second

// tellPulses writes when each session of this node last heard anything, until ctx ends. Ages go over the wire and not
// times, so that only the database's clock counts.
func (a *app) tellPulses(ctx context.Context) error {
	tick := time.NewTicker(pulsesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := a.writePulses(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "what the sessions heard was not written", "error", err)
		}
	}
}

func (a *app) writePulses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pulsesEvery)
	defer cancel()
	now := time.Now()
	var ids []string
	var ages []float64
	for w, heard := range a.pool.Pulses() {
		if !heard.IsZero() {
			ids, ages = append(ids, string(w)), append(ages, now.Sub(heard).Seconds())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := a.core.worker.ExecContext(ctx, `
		INSERT INTO session_pulses (workspace_id, heard_at)
		SELECT p.id, clock_timestamp() - p.age * interval '1 second'
		  FROM unnest($1::uuid[], $2::float8[]) AS p (id, age)
		 ORDER BY p.id
		ON CONFLICT ON CONSTRAINT session_pulses_pkey DO UPDATE SET heard_at = EXCLUDED.heard_at`, pq.Array(ids), pq.Array(ages))
	return err
}

// heard says when a workspace's connection last brought anything, on whichever node it is.
func (a *app) heard(ctx context.Context, w domain.WorkspaceID) time.Time {
	if here := a.pool.Heard(w); !here.IsZero() {
		return here
	}
	var there time.Time
	if err := a.core.worker.GetContext(ctx, &there, `SELECT heard_at FROM session_pulses WHERE workspace_id = $1`, string(w)); err != nil {
		return time.Time{} // nobody has heard anything yet, or we cannot know
	}
	return there
}
