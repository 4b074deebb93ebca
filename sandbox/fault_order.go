package sandbox

import (
	"slices"
	"time"

	"switchboard.example/sandbox/internal/vault"
)

// heldBack is a message that waits for another chat's to pass it.
type heldBack struct {
	q      *queued
	ticket vault.Ticket
	within bool // its own chat may pass it too
}

func (d *companion) holds(q *queued) bool {
	return slices.ContainsFunc(d.held, func(h heldBack) bool { return h.q == q })
}

// holdBack keeps a message if a fault wants the order of chats changed. Within a chat the
// order stays, unless it wants that too. Callers hold s.mu.
func (s *Server) holdBack(c *connection, q *queued, ticket vault.Ticket) bool {
	d := c.device
	behind := slices.ContainsFunc(d.held, func(h heldBack) bool { return h.q.From == q.From && !h.within })
	within := false
	if !behind {
		f := s.faults.takeDirected(faultReorder, d.Phone, DirectionIn)
		if f == nil {
			return false
		}
		s.counters.add(countReordered, 1)
		within = f.Code == 1
		time.AfterFunc(milliseconds(orDefault(f.Milliseconds, 1000)), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.releaseHeld(c, "")
		})
	}
	d.held = append(d.held, heldBack{q: q, ticket: ticket, within: within})
	return true
}

// releaseHeld sends what was held back, now that a message from passed overtook it.
// Callers hold s.mu.
func (s *Server) releaseHeld(c *connection, passed string) {
	d := c.device
	if d == nil || d.conn != c || len(d.held) == 0 || d.held[0].q.From == passed && !d.held[0].within {
		return
	}
	held := d.held
	d.held = nil
	for _, h := range held {
		s.write(c, h.q, h.ticket)
	}
}
