package main

import (
	"context"
	"sync"
	"time"
)

// nearlyAll is the share of connections that have to be there at once: some are always away while they are being reset.
const nearlyAll = 0.95

// comebacks measures, after each start of the server or the phones, how long connections take to be back.
type comebacks struct {
	phones  control
	wanted  int // connections that make nearly all
	history *history

	mu      sync.Mutex
	stop    context.CancelFunc // of the one being measured
	took    []time.Duration    // per connection that came back
	whole   []time.Duration    // per start after which nearly all came back
	cut     int                // starts that were followed by another before that
	ready   []time.Duration    // after the database ended
	resumed []time.Duration    // after the database took writes again
	pending sync.WaitGroup
}

const lookEvery = 50 * time.Millisecond

// watch begins to measure and gives up whatever was being measured.
func (c *comebacks) watch(since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop != nil {
		c.stop()
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.pending.Go(func() {
		defer cancel()
		c.follow(ctx, since)
	})
}

func (c *comebacks) follow(ctx context.Context, since time.Time) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var took []time.Duration
	for len(took) < c.wanted {
		select {
		case <-ctx.Done():
			c.add(took, false)
			return
		case <-tick.C:
		}
		seen, err := c.phones.stats(ctx)
		if err != nil {
			continue // the phones are away themselves
		}
		for len(took) < min(seen.Online, c.wanted) {
			took = append(took, time.Since(since))
		}
	}
	c.history.add("nearly all connections are back", took[len(took)-1].String())
	c.add(took, true)
}

func (c *comebacks) add(took []time.Duration, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, took...)
	if whole {
		c.whole = append(c.whole, took[len(took)-1])
	} else {
		c.cut++
	}
}

func (c *comebacks) addReady(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = append(c.ready, took)
}

func (c *comebacks) addResumed(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resumed = append(c.resumed, took)
}

// end gives up what is still being measured.
func (c *comebacks) end() {
	c.mu.Lock()
	if c.stop != nil {
		c.stop()
	}
	c.mu.Unlock()
	c.pending.Wait()
}
