package sandbox

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
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
	if order.Every > 0 {
		if onConnection(order, 0) == nil && onPhone(order) == nil {
			return refuse(statusUnprocessable, "This fault waits for its chance by itself. Leave out every.")
		}
		go s.recur(s.faults.add(order))
		return nil
	}
	order.draw = cmp.Or(order.Seed, rand.Uint64()) //nolint:gosec // faults need no secrecy
	if act := s.immediate(order); act != nil {
		if order.Kind == faultSlow {
			order.pace = paceOf(order, s.config.Now())
			s.faults.add(order)
		}
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
		c.pace.Store(nil)
		c.frozen.Store(false)
	}
}

// immediate returns what a fault does now, nil if it waits for a chance.
func (s *Server) immediate(order Fault) func(context.Context) error {
	if act := onConnection(order, s.Behaviour().CloseLag); act != nil {
		if order.waits() {
			return nil
		}
		return func(context.Context) error { s.eachOnline(order.Phone, act); return nil }
	}
	act := onPhone(order)
	if act == nil || order.waits() {
		return nil
	}
	return func(ctx context.Context) error {
		return s.eachPhone(order.Phone, func(p *Phone) error { return act(ctx, p) })
	}
}

// connectionFaults lists the kinds onConnection knows.
func connectionFaults() []string {
	return []string{
		faultReplaced, faultStreamError, faultUnknownStream, faultClose, faultDrop, faultHalfOpen, faultSlow,
		faultZeroFrame, faultMalformed, faultHostile,
	}
}

// onConnection is what a fault does to one connection, nil if it is of another sort.
func onConnection(order Fault, lag int) func(*connection) {
	switch order.Kind {
	case faultReplaced:
		return func(c *connection) { c.sendLast(conflict("replaced", ""), lag) }
	case faultStreamError:
		return func(c *connection) { c.sendLast(streamError(503), lag) }
	case faultUnknownStream:
		return func(c *connection) { c.sendLast(streamError(orDefault(order.Code, 500)), lag) }
	case faultClose:
		return func(c *connection) { c.push(outgoing{end: &ending{}}) }
	case faultDrop:
		if order.waits() { // behind the message that brought it
			return func(c *connection) { c.push(outgoing{end: &ending{reset: true}}) }
		}
		return (*connection).reset
	case faultHalfOpen:
		return func(c *connection) { c.freeze(order.Seconds) }
	case faultSlow:
		return func(c *connection) { c.slow(order) }
	case faultZeroFrame:
		return func(c *connection) { c.push(outgoing{frame: []byte{}}) }
	case faultMalformed:
		return func(c *connection) { c.sendMalformed(order.Code, order.draw) }
	case faultHostile:
		return func(c *connection) { c.sendHostile(order) }
	default:
		return nil
	}
}

// phoneFaults lists the kinds onPhone knows.
func phoneFaults() []string {
	return []string{faultDeviceRemoved, faultReinstall, faultChangeNumber, faultLIDMigration, faultExhaust, faultTimelock}
}

// onPhone is what a fault does to one phone now, nil if it is of another sort.
func onPhone(order Fault) func(context.Context, *Phone) error {
	switch order.Kind {
	case faultDeviceRemoved:
		return func(ctx context.Context, p *Phone) error { return p.Unlink(ctx, 0) }
	case faultReinstall:
		return func(ctx context.Context, p *Phone) error { return p.Reinstall(ctx, order.Notify) }
	case faultChangeNumber:
		return func(ctx context.Context, p *Phone) error {
			_, err := p.server.ChangeNumber(ctx, p.number, order.Number, order.Notify)
			return err
		}
	case faultLIDMigration:
		return func(ctx context.Context, p *Phone) error { return p.migrateToLIDs(ctx) }
	case faultExhaust:
		return func(ctx context.Context, p *Phone) error { return p.exhaustPreKeys(ctx, order.Notify) }
	case faultTimelock:
		return func(_ context.Context, p *Phone) error { p.restrict(order.Seconds); return nil }
	default:
		return nil
	}
}

// eachOnline acts on the connections of linked devices, of one phone or of all.
func (s *Server) eachOnline(phone string, act func(*connection)) {
	var all []*connection
	s.mu.Lock()
	for _, key := range slices.Sorted(maps.Keys(s.companions)) { // chances fall in the same order each time
		if d := s.companions[key]; d.conn != nil && (phone == "" || d.Phone == phone) {
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

// disturb applies faults that usually act at once but were ordered for messages. Callers hold s.mu.
func (s *Server) disturb(c *connection, phone, direction string) {
	if s.faults.none() {
		return
	}
	for _, kind := range connectionFaults() {
		if f := s.faults.takeDirected(kind, phone, direction); f != nil {
			f.Times = 2 // one of several
			onConnection(*f, s.behaviour.CloseLag)(c)
		}
	}
	for _, kind := range phoneFaults() {
		if f := s.faults.takeDirected(kind, phone, direction); f != nil {
			s.later(*f, s.phones[phone])
		}
	}
}

// later does to a phone, beside everything else, what a fault wants: it takes locks that
// whoever is here already holds.
func (s *Server) later(f Fault, p *Phone) {
	if p == nil {
		return
	}
	go func() {
		if err := onPhone(f)(s.ctx, p); err != nil {
			s.config.Log.WarnContext(s.ctx, "fault not applied", "kind", f.Kind, "error", err)
		}
	}()
}

// harm is the fault that spoils the next message's frame to a device, if any.
func (s *Server) harm(phone string) string {
	for _, kind := range []string{faultCutFrame, faultCorruptFrame} {
		if s.faults.takeDirected(kind, phone, DirectionIn) != nil {
			return kind
		}
	}
	return ""
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
