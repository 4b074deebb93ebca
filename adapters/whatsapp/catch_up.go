package whatsapp

import (
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// catchUp counts what WhatsApp hands over after a time away, against what it announced.
type catchUp struct {
	mu        sync.Mutex
	announced int
	received  int
	open      bool
	stall     *time.Timer
	facts     chan domain.ConnectionEvent // that it began, and that it ended: of this connection only, and in that order
}

func (u *catchUp) begin(c *conn, announced int) {
	if announced == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.announced, u.received, u.open = announced, 0, true
	u.tell(domain.ConnectionCatchingUp{WorkspaceID: c.session.workspace, Announced: announced, BeganAt: c.session.pool.cfg.Now(), Evidence: c.saw(&events.OfflineSyncPreview{})})
	m := c.session.pool.metrics
	m.offlineBacklog.Add(float64(announced))
	u.stall = time.AfterFunc(c.session.pool.cfg.Timing.OfflineStall, func() {
		if u.left() > 0 {
			m.offlineStalled.Inc()
			c.session.log.Warn("catch-up stalled", "left", u.left())
		}
	})
}

func (u *catchUp) left() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.open {
		return 0
	}
	return max(1, u.announced-u.received)
}

func (u *catchUp) count(c *conn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.open {
		u.received++
		if u.received <= u.announced {
			c.session.pool.metrics.offlineBacklog.Dec()
		}
	}
}

func (u *catchUp) finish(c *conn) {
	if announced, received, was := u.stop(c); was {
		u.tell(domain.ConnectionCaughtUp{WorkspaceID: c.session.workspace, Announced: announced, Received: received, Evidence: c.saw(&events.OfflineSyncCompleted{})})
	}
}

// tell drops what nobody reads: WhatsApp hands over once per connection.
func (u *catchUp) tell(e domain.ConnectionEvent) {
	select {
	case u.facts <- e:
	default:
	}
}

// stop ends the counting, finished or not.
func (u *catchUp) stop(c *conn) (announced, received int, was bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.open {
		return 0, 0, false
	}
	u.open = false
	u.stall.Stop()
	c.session.pool.metrics.offlineBacklog.Sub(float64(max(0, u.announced-u.received)))
	return u.announced, u.received, true
}
