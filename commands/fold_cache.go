package commands

import (
	"maps"
	"sync"

	"switchboard.example/domain"
)

// foldCache remembers recently folded states, so that a long conversation is not read from its beginning for each message.
// States are values that Evolve never changes, so they may be shared; a remembered one is only ever continued from its
// version, never trusted to be the latest.
//
// There are two generations. What is asked for moves into the young one; when that is full it becomes the old one, and what
// was not asked for meanwhile is forgotten.
type foldCache struct {
	mu         sync.Mutex
	young, old map[domain.StreamID]foldedAt
}

type foldedAt struct {
	state   any
	version int64
	kept    int64 // the version of its snapshot
}

// maxFolds bounds a generation. A conversation's state takes some 12 KiB, so both take 36 MiB at most.
const maxFolds = 1500

func (c *foldCache) get(stream domain.StreamID) foldedAt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.young[stream]; ok {
		return f
	}
	f, ok := c.old[stream]
	if ok {
		c.remember(stream, f)
	}
	return f
}

func (c *foldCache) put(stream domain.StreamID, f foldedAt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.young[stream]
	if !ok {
		known = c.old[stream]
	}
	if f.version >= known.version {
		c.remember(stream, f)
	}
}

// drop forgets the streams that are unwanted.
func (c *foldCache) drop(unwanted func(domain.StreamID) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, generation := range []map[domain.StreamID]foldedAt{c.young, c.old} {
		maps.DeleteFunc(generation, func(s domain.StreamID, _ foldedAt) bool { return unwanted(s) })
	}
}

func (c *foldCache) remember(stream domain.StreamID, f foldedAt) {
	if _, ok := c.young[stream]; !ok && len(c.young) >= maxFolds {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = make(map[domain.StreamID]foldedAt)
	}
	c.young[stream] = f
}
