package whatsapp

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"switchboard.example/commands"
)

const (
	mostAsides  = 256         // that wait; what comes then is dropped, with a word in the log
	asidesAgain = time.Second // after the log took nothing
)

// asides records, one after the other and beside the connection's handlers, what WhatsApp neither waits for nor brings again. It
// outlives connections, and waits for the log when that takes nothing; only the end of the process loses what waits.
type asides struct {
	mu      sync.Mutex
	work    *chore // nil before the session runs
	waiting []aside
}

// aside is one thing to record.
type aside struct {
	what   string
	record func(context.Context) error
}

func (a *asides) begin(ctx context.Context, s *session) *chore {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.work = s.pool.chore(ctx, "asides", func(ctx context.Context) time.Duration { return a.round(ctx, s) })
	if len(a.waiting) > 0 {
		a.work.ask()
	}
	return a.work
}

// aside has something recorded when there is time.
func (s *session) aside(what string, record func(context.Context) error) {
	a := &s.asides
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) >= mostAsides {
		s.log.Warn("not recorded, too much is waiting", "what", what)
		return
	}
	a.waiting = append(a.waiting, aside{what, record})
	a.work.ask()
}

func (a *asides) round(ctx context.Context, s *session) time.Duration {
	for {
		next, ok := a.take()
		if !ok || ctx.Err() != nil {
			return 0
		}
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.pool.cfg.Timing.HandlerDeadline)
		err := next.record(deadline)
		cancel()
		switch {
		case err == nil:
		case errors.Is(err, commands.ErrFenced):
			s.pool.metrics.fenced.Inc()
			s.lose()
			return 0
		case passing(err):
			s.log.WarnContext(ctx, "not recorded yet", "what", next.what, "error", err)
			a.putBack(next)
			return asidesAgain
		default:
			s.log.ErrorContext(ctx, "not recorded", "what", next.what, "error", err)
		}
	}
}

func (a *asides) take() (aside, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return aside{}, false
	}
	next := a.waiting[0]
	a.waiting = a.waiting[1:]
	return next, true
}

func (a *asides) putBack(it aside) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = slices.Insert(a.waiting, 0, it)
}
