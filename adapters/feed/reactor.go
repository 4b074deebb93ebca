package feed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"switchboard.example/domain"
)

// reactorVersion is the version of every reactor's checkpoint: an effect is not rebuilt.
const reactorVersion = 1

// ReactOptions says how a reactor is run. The zero value is fine.
type ReactOptions struct {
	// Types are the stored names of the events it wants. Defaults to all of them.
	Types []string
	// Lanes is how many events it may work on at once, each of another stream. Defaults to 8.
	Lanes int
	// Start is where it begins when it has never run. Defaults to FromBeginning.
	Start Start
	// Tries is how often an event is handed over before its stream is parked. Defaults to 12, which takes
	// three quarters of a minute.
	Tries int
	// Backoff is the pause before the second try; it doubles up to 10 s. Defaults to 50 ms.
	Backoff time.Duration
	// PerSecond is how many events it takes at most each second, over all streams. Defaults to no limit.
	PerSecond int64
}

func (o ReactOptions) withDefaults() ReactOptions {
	if o.Lanes <= 0 {
		o.Lanes = 8
	}
	if o.Start == "" {
		o.Start = FromBeginning
	}
	if o.Tries <= 0 {
		o.Tries = 12
	}
	if o.Backoff <= 0 {
		o.Backoff = 50 * time.Millisecond
	}
	return o
}

const (
	// A reactor's checkpoint is written after so much time or so many events, whichever comes first.
	writeEvery      = 500 * time.Millisecond
	writeEveryCount = 100
	// underWay bounds the events a reactor has read but not finished.
	underWay = 4096
	// reactLimit is the longest pause between two tries.
	reactLimit = 10 * time.Second
)

// reactor hands events to code that touches the world. It implements message.Subscriber, so Watermill's Router calls the
// handler; nothing is held in the database meanwhile. One process at a time works for a reactor.
type reactor struct {
	*reader
	feed   *Feed
	handle func(context.Context, domain.Recorded) error
	opts   ReactOptions
	types  map[string]bool
}

var _ message.Subscriber = (*reactor)(nil)

func newReactor(f *Feed, r *reader, handle func(context.Context, domain.Recorded) error, o ReactOptions) *reactor {
	return &reactor{reader: r, feed: f, handle: handle, opts: o, types: setOf(o.Types)}
}

func (a *reactor) join(router *message.Router) {
	handler := router.AddConsumerHandler(a.name, logTopic, a, func(msg *message.Message) error {
		d, ok := deliveryOf(msg)
		if !ok {
			return errors.New("the message carries no event")
		}
		return a.call(msg.Context(), d.event)
	})
	if a.opts.PerSecond > 0 {
		handler.AddMiddleware(middleware.NewThrottle(a.opts.PerSecond, time.Second).Middleware)
	}
}

// Subscribe implements message.Subscriber.
func (a *reactor) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		a.work(ctx, out)
	}()
	return out, nil
}

// Close implements message.Subscriber. A subscription ends with its context.
func (a *reactor) Close() error { return nil }

// work takes the lease again and again, until ctx ends.
func (a *reactor) work(ctx context.Context, out chan<- *message.Message) {
	for failures := 0; ctx.Err() == nil; {
		held, err := a.feed.takeLease(ctx, a.identity)
		if err == nil {
			failures = 0
			err = a.hold(ctx, held, out)
		}
		wait := a.feed.config.LeaseTTL / 3
		if err != nil && !errors.Is(err, errLost) && ctx.Err() == nil {
			failures++
			wait = backoff(troubleFirst, troubleLimit, failures)
			a.feed.config.Logger.WarnContext(ctx, "a reactor was interrupted", "reactor", a.name, "error", err)
		}
		pause(ctx, wait)
	}
}

// hold works while the lease lasts. Whatever ends it, no handler is running any more when it returns.
func (a *reactor) hold(ctx context.Context, held lease, out chan<- *message.Message) error {
	parked, err := blockedStreams(ctx, a.feed.config.DB, a.identity)
	if err != nil {
		return err
	}
	shift := newShift(a, held, parked, out)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for range a.opts.Lanes {
		running.Go(func() { shift.lane(ctx) })
	}
	running.Go(func() { cancel(shift.keep(ctx)) })
	shift.read(ctx)
	<-ctx.Done()
	running.Wait()
	return errors.Join(context.Cause(ctx), shift.end(ctx))
}

// mend calls the handler again for a parked stream's events and lets the stream go on when none is left.
func (a *reactor) mend(ctx context.Context, stream domain.StreamID) error {
	for {
		letters, err := lettersOf(ctx, a.feed.config.DB, a.identity, stream)
		if err != nil || len(letters) == 0 {
			return err
		}
		for _, l := range letters {
			if err := a.mendOne(ctx, l.Position); err != nil {
				return err
			}
		}
	}
}

func (a *reactor) mendOne(ctx context.Context, position int64) error {
	r, err := a.feed.eventAt(ctx, position)
	if err != nil {
		return err
	}
	if err := a.call(ctx, r); err != nil {
		return errors.Join(err, addLetter(ctx, a.feed.config.DB, a.identity, r, err, 1))
	}
	return a.feed.inTx(ctx, func(w *writer) error {
		if err := lock(ctx, w, a.identity); err != nil { // see shift.queueUp
			return err
		}
		return removeLetter(ctx, w.tx, a.identity, position)
	})
}

func (a *reactor) call(ctx context.Context, r domain.Recorded) (err error) {
	defer recovered(&err)
	if err := unreadable(r); err != nil {
		return err
	}
	if err := a.handle(ctx, r); err != nil {
		return fmt.Errorf("react to event %d: %w", r.Position, err)
	}
	return nil
}
