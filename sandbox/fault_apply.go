package sandbox

import (
	"context"
	"slices"
	"time"
)

// Fault orders a fault. Those that act on live connections happen before it returns, the
// others wait for their chance.
func (s *Server) Fault(ctx context.Context, order Fault) error {
	if !slices.ContainsFunc(FaultKinds(), func(k FaultKind) bool { return k.Kind == order.Kind }) {
		return refuse(statusUnprocessable, "There is no fault of that kind. GET faults lists them.")
	}
	if order.Phone != "" {
		p := s.find(order.Phone)
		if p == nil {
			return refuse(statusNotFound, "There is no phone with that number here.")
		}
		order.Phone = p.number
	}
	s.counters.add(countFaults, 1)
	if act := s.immediate(order); act != nil {
		return act(ctx)
	}
	s.faults.add(order)
	if order.failsLogin() && !order.Later {
		s.eachOnline(order.Phone, (*connection).reset)
	}
	return nil
}

// ClearFaults withdraws all orders and heals slow and half-open connections.
func (s *Server) ClearFaults() {
	s.faults.clear()
	for _, c := range s.allConnections() {
		c.delay.Store(0)
		c.frozen.Store(false)
	}
}

// immediate returns what a fault does now, nil if it waits for a chance.
func (s *Server) immediate(order Fault) func(context.Context) error {
	each := func(act func(*connection)) func(context.Context) error {
		return func(context.Context) error { s.eachOnline(order.Phone, act); return nil }
	}
	lag := s.Behaviour().CloseLag
	switch order.Kind {
	case faultReplaced:
		return each(func(c *connection) { c.sendLast(conflict("replaced", ""), lag) })
	case faultStreamError:
		return each(func(c *connection) { c.sendLast(streamError(503), lag) })
	case faultUnknownStream:
		return each(func(c *connection) { c.sendLast(streamError(orDefault(order.Code, 500)), lag) })
	case faultClose:
		return each(func(c *connection) { c.push(outgoing{end: &ending{}}) })
	case faultDrop:
		if order.Times > 1 || order.Probability > 0 {
			return nil
		}
		return each((*connection).reset)
	case faultHalfOpen:
		if order.Probability > 0 {
			return nil
		}
		return each(func(c *connection) { c.freeze(order.Seconds) })
	case faultSlow:
		return each(func(c *connection) { c.slow(order) })
	case faultDeviceRemoved:
		return func(ctx context.Context) error {
			return s.eachPhone(order.Phone, func(p *Phone) error { return p.Unlink(ctx, 0) })
		}
	case faultReinstall:
		return func(ctx context.Context) error {
			return s.eachPhone(order.Phone, func(p *Phone) error { return p.Reinstall(ctx, order.Notify) })
		}
	default:
		return nil
	}
}

// eachOnline acts on the connections of linked devices, of one phone or of all.
func (s *Server) eachOnline(phone string, act func(*connection)) {
	var all []*connection
	s.mu.Lock()
	for _, d := range s.companions {
		if d.conn != nil && (phone == "" || d.Phone == phone) {
			all = append(all, d.conn)
		}
	}
	s.mu.Unlock()
	for _, c := range all {
		act(c)
	}
}

func (s *Server) eachPhone(number string, act func(*Phone) error) error {
	for _, p := range s.Phones() {
		if number != "" && p.number != number {
			continue
		}
		if err := act(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *connection) freeze(seconds float64) {
	c.frozen.Store(true)
	if seconds > 0 {
		time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() { c.frozen.Store(false) })
	}
}

func (c *connection) slow(order Fault) {
	c.delay.Store(int64(milliseconds(orDefault(order.Milliseconds, 200))))
	seconds := order.Seconds
	if seconds == 0 {
		seconds = 10
	}
	time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() { c.delay.Store(0) })
}

// disturb applies faults that wait for a message to the connection it is sent on.
// Callers hold s.mu.
func (s *Server) disturb(c *connection) {
	if s.faults.takeDirected(faultHalfOpen, c.device.Phone, DirectionIn) != nil {
		c.freeze(0)
	}
	if s.faults.takeDirected(faultDrop, c.device.Phone, DirectionIn) != nil {
		c.push(outgoing{end: &ending{reset: true}})
	}
}

// disturbNow is disturb for a message the device sent.
func (s *Server) disturbNow(c *connection, phone string) {
	if s.faults.takeDirected(faultHalfOpen, phone, DirectionOut) != nil {
		c.freeze(0)
	}
	if s.faults.takeDirected(faultDrop, phone, DirectionOut) != nil {
		c.push(outgoing{end: &ending{reset: true}})
	}
}

// redeliverLater repeats a stanza that stays unconfirmed, on the same connection.
func (s *Server) redeliverLater(c *connection, q *queued) {
	time.AfterFunc(milliseconds(s.behaviour.RedeliverAfter), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.device == nil || c.device.conn != c || !slices.Contains(c.device.queue, q) {
			return
		}
		s.counters.add(countRedelivered, 1)
		c.push(outgoing{frame: q.Frame})
	})
}
