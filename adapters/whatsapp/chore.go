package whatsapp

import (
	"context"
	"runtime/pprof"
	"sync"
	"time"
)

// chore is something that is done now and then, one round at a time: when it is asked for, and when the time has come that the
// round before named. There is a goroutine only while there is a round. One that waited would keep its stack, and of all
// sessions nearly all wait, nearly always.
type chore struct {
	ctx    context.Context //nolint:containedctx // for its rounds; it also says whose they are
	pool   *Pool
	what   string
	round  func(context.Context) (rest time.Duration) // until the next one; 0 is until it is asked for
	failed func(error)                                // what to do when a round panicked; may be nil

	mu      sync.Mutex
	running bool
	asked   bool // during the round that is running
	over    bool
	timer   *time.Timer
	rounds  sync.WaitGroup
}

func (p *Pool) chore(ctx context.Context, what string, round func(context.Context) (rest time.Duration)) *chore {
	return &chore{ctx: ctx, pool: p, what: what, round: round}
}

// ask has a round begin now, or once more when one is running. Asking nobody is allowed: there is nothing to do yet.
func (c *chore) ask() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked = true; c.running || c.over {
		return
	}
	c.running = true
	c.rounds.Go(func() {
		pprof.SetGoroutineLabels(c.ctx)
		for c.begins() {
			c.rest(c.once())
		}
	})
}

// begins says whether there is to be another round.
func (c *chore) begins() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = c.asked && !c.over
	c.asked = false
	return c.running
}

func (c *chore) once() time.Duration {
	defer c.pool.recovered(c.what, c.failed)
	return c.round(c.ctx)
}

// rest has it asked for after so long, 0 for never, whatever was named before.
func (c *chore) rest(length time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	switch {
	case length <= 0 || c.over:
	case c.timer == nil:
		c.timer = time.AfterFunc(length, c.ask)
	default:
		c.timer.Reset(length)
	}
}

// stop has no further round begin. It does not wait for the one that is running; wait does.
func (c *chore) stop() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over = true; c.timer != nil {
		c.timer.Stop()
	}
}

// wait returns when nothing of a stopped chore is running.
func (c *chore) wait() { c.rounds.Wait() }
