package feed

import (
	"context"
	"time"
)

// hurry is asked for by those who wait for a read model, so that they do not also wait for events to come together.
type hurry chan struct{}

func newHurry() hurry { return make(hurry, 1) }

// up says that somebody waits. It never blocks.
func (h hurry) up() {
	select {
	case h <- struct{}{}:
	default:
	}
}

// gather lets the rest of a time pass in which events come together, unless somebody waits. The first event after a quiet
// time is never delayed: its time has passed already.
func (h hurry) gather(ctx context.Context, rest time.Duration) {
	if rest <= 0 {
		return
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h:
	case <-ctx.Done():
	}
}
