package whatsapp

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// A client remembers every peer, message and retry it ever met. So it is thrown away every few days, at a moment when nobody
// writes, and a new one goes on with the same device. What arrives in between stays with WhatsApp for the new one. Nobody is
// told unless it takes longer than a status may be wrong.
const (
	turnWithin = time.Second      // how long a turn to connect may take to come; else another moment is better
	busyRetry  = 30 * time.Second // when to look again while something is going on
)

// recycling is when one client is due.
type recycling struct {
	due      time.Time
	quietFor time.Duration
}

// recycling is when the client that serves from now on is due.
func (s *session) recycling() recycling {
	return s.pool.cfg.Timing.recycling(s.pool.cfg.Now(), s.pool.cfg.Rand())
}

func (t Timing) recycling(now time.Time, random float64) recycling {
	age := t.RecycleMin + time.Duration(random*float64(t.RecycleMax-t.RecycleMin))
	return recycling{due: now.Add(age), quietFor: t.QuietFor}
}

// wait is how long to wait before looking again; 0 says that the moment has come. busy is when a message last came or went,
// and idle that nothing is under way.
func (r recycling) wait(now, busy time.Time, idle bool) time.Duration {
	quiet := r.due
	if still := busy.Add(r.quietFor); still.After(quiet) {
		quiet = still
	}
	switch {
	case quiet.After(now):
		return quiet.Sub(now)
	case !idle:
		return min(busyRetry, r.quietFor)
	}
	return 0
}

// recycles says how long to wait before the client is looked at again. When the moment has come it takes a turn to connect,
// and returns what gives the turn back.
func (s *session) recycles(ctx context.Context, c *conn, r recycling) (turn func(), wait time.Duration) {
	idle := s.sender.idle() && c.catchUp.left() == 0
	if wait = r.wait(s.pool.cfg.Now(), s.busy(), idle); wait > 0 {
		return nil, wait
	}
	ctx, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	turn, err := s.turn(ctx)
	if err != nil {
		return nil, r.quietFor
	}
	return turn, 0
}

// renew goes on with a new client. The verdict says why that failed; the owner has to be told then.
func (s *session) renew(ctx context.Context, old *conn, turn func()) (*conn, *verdict) {
	defer turn()
	within := s.pool.cfg.Timing.RenewWithin
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-old.line.closed: // WhatsApp must not see both at once
	case <-timer.C:
	case <-ctx.Done():
		return nil, &verdict{reason: domain.ReasonNetwork}
	}
	c, failed := s.dialInTurn(ctx, within)
	if failed != nil {
		failed.served = true
		return nil, failed
	}
	s.pool.metrics.recycled.Inc()
	s.note(domain.ConnectionSteadied{
		WorkspaceID: s.workspace, Reason: domain.ReasonDegraded, SteadiedAt: s.pool.cfg.Now(), Evidence: c.saw(nil),
	})
	return c, nil
}
