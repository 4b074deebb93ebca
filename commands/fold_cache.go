package commands

import (
	"sync"

	"switchboard.example/domain"
)

// foldCache remembers recently folded states, so that a long conversation is not read from its beginning for each message.
// States are values that Evolve never changes, so they may be shared; a remembered one is only ever continued from its
// version, never trusted to be the latest.
type foldCache struct {
	mu sync.Mutex
	of map[domain.StreamID]foldedAt
}

type foldedAt struct {
	state   any
	version int64
}

const maxFolds = 20_000

func (c *foldCache) get(stream domain.StreamID) foldedAt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[stream]
}

func (c *foldCache) put(stream domain.StreamID, f foldedAt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil || len(c.of) >= maxFolds {
		c.of = make(map[domain.StreamID]foldedAt) // forgotten all at once: it is only a cache
	}
	if f.version >= c.of[stream].version {
		c.of[stream] = f
	}
}
