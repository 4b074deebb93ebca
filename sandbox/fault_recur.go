package sandbox

import (
	"slices"
	"time"
)

// recur does a fault again and again, each time to every connection, or phone, that its
// chance falls on, until its times or seconds are over or it is withdrawn.
func (s *Server) recur(o *Fault) {
	tick := time.NewTicker(milliseconds(o.Every))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
		if !s.faults.inForce(o) {
			return
		}
		s.strike(o)
	}
}

func (s *Server) strike(o *Fault) {
	lag := s.Behaviour().CloseLag
	if onConnection(*o, lag) != nil {
		s.eachOnline(o.Phone, func(c *connection) {
			if once := s.faults.chance(o); once != nil {
				onConnection(*once, lag)(c)
			}
		})
		return
	}
	_ = s.eachPhone(o.Phone, func(p *Phone) error {
		if once := s.faults.chance(o); once != nil {
			s.later(*once, p)
		}
		return nil
	})
}

func (f *faults) inForce(o *Fault) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expire()
	return slices.Contains(f.orders, o)
}

// chance uses up one chance of an order. What it returns acts now, if it acts.
func (f *faults) chance(o *Fault) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !o.chance() {
		return nil
	}
	once := *o
	once.Times, once.Probability = 0, 0
	return &once
}
