package sandbox

import "time"

// pace is how slow a line is, in either direction: what is sent takes its length's time to
// leave, and then the latency to arrive. Several stanzas can be under way at once.
type pace struct {
	latency time.Duration
	bits    float64 // a second; 0: no limit
	until   time.Time
}

// paceOf reads a fault's pace: 200 ms without a limit, for 10 seconds, if it does not say.
func paceOf(order Fault, now time.Time) *pace {
	p := &pace{latency: milliseconds(order.Milliseconds), bits: float64(order.Kilobits) * 1000}
	if order.Milliseconds == 0 && order.Kilobits == 0 {
		p.latency = milliseconds(200)
	}
	seconds := order.Seconds
	if seconds == 0 {
		seconds = 10
	}
	p.until = now.Add(time.Duration(seconds * float64(time.Second)))
	return p
}

// lane is one direction of a line.
type lane struct{ free time.Time } // when the last one had left

// arrival is when a stanza of this size arrives that was sent at a time.
func (l *lane) arrival(p *pace, sent time.Time, size int) time.Time {
	if p == nil || sent.After(p.until) {
		return sent
	}
	if l.free.Before(sent) {
		l.free = sent
	}
	if p.bits > 0 {
		l.free = l.free.Add(time.Duration(float64(size) * 8 / p.bits * float64(time.Second)))
	}
	return l.free.Add(p.latency)
}

// slow makes the connection's line slow.
func (c *connection) slow(order Fault) { c.pace.Store(paceOf(order, c.server.config.Now())) }

// slowed is the order in force that slows a phone's line, for connections that come later.
func (f *faults) slowed(phone string) *pace {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.orders {
		if o.pace != nil && o.pace.until.After(f.now()) && (o.Phone == "" || o.Phone == phone) {
			return o.pace
		}
	}
	return nil
}
