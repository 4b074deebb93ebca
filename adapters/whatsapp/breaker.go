package whatsapp

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// While the log takes nothing no session may receive: what arrives could not be stored. Each session finds that out with
// its next message and connects again only once the log has taken that it was away; the breaker does it for the quiet ones,
// so that WhatsApp keeps everything and nobody is shown as connected.

// breaker closes all connections when the log has taken nothing for a while.
type breaker struct {
	pool  *Pool
	since time.Time // when the log last failed first; zero while it works
	open  bool
	told  time.Time // when others were last told that it is open
}

// watchLog asks the log again and again, until ctx ends.
func (p *Pool) watchLog(ctx context.Context) {
	if p.cfg.Probe == nil {
		return
	}
	b := &breaker{pool: p}
	tick := time.NewTicker(p.cfg.Timing.LogAway / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.look(ctx)
		}
	}
}

func (b *breaker) look(ctx context.Context) {
	defer b.pool.recovered("breaker", nil)
	began := b.pool.cfg.Now()
	asked, cancel := context.WithTimeout(ctx, b.pool.cfg.Timing.LogAway)
	defer cancel()
	err := b.pool.cfg.Probe(asked)
	switch {
	case ctx.Err() != nil:
	case err == nil:
		if b.open {
			b.pool.log.InfoContext(ctx, "the log takes events again")
		}
		b.since, b.open, b.told = time.Time{}, false, time.Time{}
		b.pool.setLogAway(false)
	case b.since.IsZero():
		b.since = began
		fallthrough
	default:
		if away := b.pool.cfg.Now().Sub(b.since); away >= b.pool.cfg.Timing.LogAway {
			b.trip(ctx, err)
		}
	}
}

func (b *breaker) trip(ctx context.Context, cause error) {
	if !b.open {
		b.pool.log.ErrorContext(ctx, "the log takes nothing, closing all connections until it does", "error", cause)
	}
	b.open = true
	b.pool.setLogAway(true)
	for _, s := range b.pool.sessions() {
		if c := s.live.Load(); c != nil {
			c.end(verdict{reason: domain.ReasonStorage})
		}
	}
	// What is known of lines that other processes hold changes with their missed heartbeats, of which nobody tells us.
	if now := b.pool.cfg.Now(); now.Sub(b.told) >= tellAgain {
		b.told = now
		b.pool.cfg.Fell(nil)
	}
}

// tellAgain is how often pages are told to look again while the log takes nothing.
const tellAgain = 2 * time.Second
