package feed

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"switchboard.example/domain"
)

// errHandler stands for a handler that failed without saying why.
var errHandler = errors.New("the handler failed")

// shift is a reactor's work under one lease: one goroutine reads, the lanes deliver, one keeps the checkpoint.
type shift struct {
	*reactor
	held  lease
	mark  *watermark
	lanes *lanes
	out   chan<- *message.Message
	nudge chan struct{} // the checkpoint is worth writing before its time

	mu     sync.Mutex
	parked map[string]bool // ids of streams whose events go to the dead letters
}

func newShift(a *reactor, held lease, parked map[string]bool, out chan<- *message.Message) *shift {
	return &shift{
		reactor: a, held: held, mark: newWatermark(held.Position), lanes: newLanes(underWay),
		out: out, nudge: make(chan struct{}, 1), parked: parked,
	}
}

// read queues what the log has until ctx ends.
func (s *shift) read(ctx context.Context) {
	after := s.held.Position
	pages := pager{tail: s.feed.tail, limit: s.feed.config.PageSize}
	for failures := 0; ctx.Err() == nil; {
		page, err := pages.next(ctx, after, nil)
		if err == nil {
			failures = 0
			after, err = s.queue(ctx, page, after)
		}
		if err != nil && ctx.Err() == nil {
			failures++
			s.feed.config.Logger.WarnContext(ctx, "could not read the log", "reactor", s.name, "error", err)
			pause(ctx, backoff(troubleFirst, troubleLimit, failures))
		}
	}
}

func (s *shift) queue(ctx context.Context, page []domain.Recorded, after int64) (int64, error) {
	for _, r := range ofTypes(page, s.types) {
		s.mark.begin(r.Position)
		if err := s.lanes.push(ctx, r); err != nil {
			return after, err
		}
	}
	if len(page) > 0 {
		after = page[len(page)-1].Position
		s.mark.pass(after)
		s.reached.reach(s.mark.low())
	}
	return after, nil
}

// lane does one stream's next event at a time until ctx ends.
func (s *shift) lane(ctx context.Context) {
	for {
		select {
		case q := <-s.lanes.ready:
			s.next(ctx, q)
		case <-ctx.Done():
			return
		}
	}
}

// next does the first event of a stream, whatever that takes: deliver it, park it, or come back later.
func (s *shift) next(ctx context.Context, q *queue) {
	r := s.lanes.first(q)
	waits, err := s.queueUp(ctx, r)
	if err == nil && !waits {
		err = s.deliver(ctx, r)
	}
	switch {
	case err == nil:
		s.finish(q, r)
	case ctx.Err() != nil:
		// unfinished: whoever works for this reactor next gets it again
	case isDatabaseAway(err):
		q.troubles++
		s.lanes.later(q, backoff(s.opts.Backoff, reactLimit, q.troubles))
	default:
		s.failed(ctx, q, r, err)
	}
}

// failed counts a try, and parks the stream after the last one.
func (s *shift) failed(ctx context.Context, q *queue, r domain.Recorded, cause error) {
	q.failures++
	if q.failures >= s.opts.Tries && s.park(ctx, r, cause, q.failures) == nil {
		s.finish(q, r)
		return
	}
	s.lanes.later(q, backoff(s.opts.Backoff, reactLimit, q.failures))
}

func (s *shift) finish(q *queue, r domain.Recorded) {
	s.mark.finish(r.Position)
	s.lanes.done(q)
	s.reached.reach(s.mark.low())
	if s.mark.due(writeEveryCount) {
		select {
		case s.nudge <- struct{}{}:
		default:
		}
	}
}

// deliver sends an event through the Router and waits for what becomes of it. When ctx ends the handler is told through
// its own context and gets a little time; an answer in that time still counts.
func (s *shift) deliver(ctx context.Context, r domain.Recorded) error {
	d := &delivery{event: r}
	msg := newMessage(r)
	msg.SetContext(withDelivery(ctx, d))
	select {
	case s.out <- msg:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-msg.Acked():
		return nil
	case <-msg.Nacked():
		return d.failure()
	case <-ctx.Done():
	}
	return d.lastWord(ctx, msg)
}

func (d *delivery) failure() error {
	if d.err == nil {
		return errHandler
	}
	return d.err
}

func (d *delivery) lastWord(ctx context.Context, msg *message.Message) error {
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-msg.Acked():
		return nil
	case <-msg.Nacked():
		return d.failure()
	case <-grace.C:
		return ctx.Err()
	}
}

// park makes a stream's failing event a dead letter. The stream's later events will follow it there.
func (s *shift) park(ctx context.Context, r domain.Recorded, cause error, tries int) error {
	if err := addLetter(ctx, s.feed.config.DB, s.identity, r, cause, tries); err != nil {
		s.feed.config.Logger.WarnContext(ctx, "could not park a stream", "reactor", s.name, "error", err)
		return err
	}
	s.mu.Lock()
	s.parked[r.Stream.UUID()] = true
	s.mu.Unlock()
	s.feed.blame(ctx, s.identity, r, cause)
	return nil
}

// queueUp puts an event of a parked stream behind the stream's dead letters. It reports false when the stream is not
// parked, or not any more: Retry removes letters under the same lock, so the last one is either still there to queue up
// behind, or gone for good.
func (s *shift) queueUp(ctx context.Context, r domain.Recorded) (waits bool, err error) {
	if !s.isParked(r.Stream) {
		return false, nil
	}
	err = s.feed.inTx(ctx, func(w *writer) error {
		if err := lock(ctx, w, s.identity); err != nil {
			return err
		}
		letters, err := lettersOf(ctx, w.tx, s.identity, r.Stream)
		if err != nil || len(letters) == 0 {
			return err
		}
		waits = true
		return holdBack(ctx, w.tx, s.identity, []domain.Recorded{r})
	})
	if err == nil && !waits {
		s.mu.Lock()
		delete(s.parked, r.Stream.UUID())
		s.mu.Unlock()
	}
	return waits, err
}

func (s *shift) isParked(stream domain.StreamID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.parked) > 0 && s.parked[stream.UUID()]
}

// keep writes the checkpoint behind the work and renews the lease. It returns when the lease is lost or may be: a
// process that cannot reach the database for most of a TTL stops by its own clock.
func (s *shift) keep(ctx context.Context) error {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	renewed, written := s.feed.config.Now(), s.held.Position
	for {
		select {
		case <-tick.C:
		case <-s.nudge:
		case <-ctx.Done():
			return nil
		}
		low, now := s.mark.low(), s.feed.config.Now()
		if low == written && now.Sub(renewed) < s.feed.config.LeaseTTL/4 {
			continue
		}
		err := s.write(ctx, low)
		switch {
		case err == nil:
			renewed, written = now, low
		case errors.Is(err, errLost) || now.Sub(renewed) > s.feed.config.LeaseTTL*2/3:
			return err
		}
	}
}

func (s *shift) write(ctx context.Context, low int64) error {
	ctx, cancel := context.WithTimeout(ctx, s.feed.config.LeaseTTL/4)
	defer cancel()
	return s.feed.renewLease(ctx, s.identity, lease{Position: low, Epoch: s.held.Epoch})
}

// end writes the last checkpoint and lets go of the lease.
func (s *shift) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	return s.feed.endLease(ctx, s.identity, lease{Position: s.mark.low(), Epoch: s.held.Epoch})
}
