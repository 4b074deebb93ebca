package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lib/pq"
)

// logChannel is where append_events notifies; the payload is the log's new head.
const logChannel = "switchboard_log"

// wakers tells any number of readers that something happened. A reader that has not looked yet is told once.
type wakers struct {
	mu   sync.Mutex
	each map[chan struct{}]struct{}
}

func (w *wakers) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.each {
		nudge(c)
	}
}

func (w *wakers) add(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.each == nil {
		w.each = map[chan struct{}]struct{}{}
	}
	w.each[c] = struct{}{}
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.each, c)
	})
	return c
}

func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}

// Committed returns a channel that receives after this process has appended, until ctx ends. Several appends may be one
// signal, so read the log until it is empty.
func (s *EventStore) Committed(ctx context.Context) <-chan struct{} { return s.committed.add(ctx) }

// Wake signals all readers of this process, for appends made by AppendIn once they are committed.
func (s *EventStore) Wake() { s.committed.wake() }

// Listen returns a channel that receives after any process has appended, and whenever the connection was lost and found
// again, since something may have been missed. It takes one connection of its own, and closes the channel when ctx ends.
// It never fails later: while the server is away it only stays silent, so poll now and then as well.
func (s *EventStore) Listen(ctx context.Context) (<-chan struct{}, error) {
	if s.dsn == "" {
		return nil, errors.New("listen to the log: EventStoreConfig.DSN is needed")
	}
	listener := pq.NewListener(s.dsn, 100*time.Millisecond, 5*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil {
			s.log.WarnContext(ctx, "log listener lost its connection", "error", err)
		}
	})
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() }) // Listen waits for the server, however long
	defer stop()
	if err := listener.Listen(logChannel); err != nil {
		_ = listener.Close()
		return nil, err
	}
	woken := make(chan struct{}, 1)
	go relay(ctx, listener, woken)
	return woken, nil
}

// relay turns notifications into signals, and probes a silent connection.
func relay(ctx context.Context, listener *pq.Listener, woken chan<- struct{}) {
	defer close(woken)
	defer func() { _ = listener.Close() }()
	probe := time.NewTicker(30 * time.Second)
	defer probe.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-listener.NotificationChannel():
			if !open {
				return
			}
			nudge(woken)
		case <-probe.C:
			_ = listener.Ping() // a failure makes the listener connect again, which it reports by itself
		}
	}
}
