package feed

import (
	"context"
	"sync"
	"time"

	"switchboard.example/domain"
)

// lanes hands events to a fixed number of workers: in order within a stream, in parallel across streams.
//
// Each stream has a queue of its own and stands in the ready line at most once, so a worker holds one stream at a time.
// A stream that waits for its next try stands in no line and holds no worker; that is why streams are not tied to lanes
// by their hash, where a slow one would delay its neighbours.
type lanes struct {
	ready chan *queue
	room  chan struct{} // one slot per event under way; also bounds how many queues there are

	mu     sync.Mutex
	queues map[domain.StreamID]*queue
}

// queue is one stream's events under way. Only the worker that took it from the ready line uses failures.
type queue struct {
	stream   domain.StreamID
	events   []domain.Recorded
	failures int // of its first event, that count against it
	troubles int // of the machinery, that do not
}

func newLanes(room int) *lanes {
	return &lanes{
		ready: make(chan *queue, room), room: make(chan struct{}, room),
		queues: map[domain.StreamID]*queue{},
	}
}

// push queues an event, waiting for room.
func (l *lanes) push(ctx context.Context, r domain.Recorded) error {
	select {
	case l.room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queues[r.Stream]
	if q == nil {
		q = &queue{stream: r.Stream}
		l.queues[r.Stream] = q
		l.ready <- q // never waits: there are no more queues than slots
	}
	q.events = append(q.events, r)
	return nil
}

// first is the event a worker has to do next.
func (l *lanes) first(q *queue) domain.Recorded {
	l.mu.Lock()
	defer l.mu.Unlock()
	return q.events[0]
}

// done takes the first event away and puts the stream back in line if it has more.
func (l *lanes) done(q *queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.events = q.events[1:]
	q.failures, q.troubles = 0, 0
	<-l.room
	if len(q.events) == 0 {
		delete(l.queues, q.stream)
		return
	}
	l.ready <- q
}

// later puts the stream back in line after a while.
func (l *lanes) later(q *queue, d time.Duration) {
	time.AfterFunc(d, func() { l.ready <- q })
}
