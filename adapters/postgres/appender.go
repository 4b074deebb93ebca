package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Bounds of one batch.
const (
	maxBatchEvents = 1000
	maxBatchBytes  = 1 << 20
	committers     = 2 // one batch commits while the next is written and sent

	patience = 20 * time.Millisecond
)

// appender gathers concurrent appends into batches, so that the log's lock is taken once per batch and not once per
// request. There is no goroutine of its own: a caller that finds a free place commits at once, alone if
// nobody else is waiting; those who come meanwhile queue up, and when a batch is done the next one is handed to one of
// its own callers to commit. So a lone append costs one round trip, and under load batches grow by themselves.
//
// Those for whom nobody waits (commands.AppendRequest.Patient) do not begin a batch: they go with the next one, or when their
// patience ends.
//
// Requests keep their order, and the database judges them one after the other, so a batch may hold several for one stream.
type appender struct {
	commit    func(ctx context.Context, batch []request) ([]verdict, error)
	retryFor  time.Duration
	now       func() time.Time
	log       *slog.Logger
	statement *sql.Stmt

	mu      sync.Mutex
	queue   []*waiting
	working int  // batches being committed
	timing  bool // somebody's patience will end
}

// waiting is a caller and its request.
type waiting struct {
	request request
	turn    chan []*waiting // receives nil when the request was answered, or the batch this caller has to commit
	verdict verdict
	err     error
}

func (a *appender) append(ctx context.Context, r request) (int64, error) {
	w := &waiting{request: r, turn: make(chan []*waiting, 1)}
	batch := a.enter(w)
	if batch == nil {
		select {
		case batch = <-w.turn:
		case <-ctx.Done():
			if a.withdraw(w) {
				return 0, fmt.Errorf("append: %w", ctx.Err())
			}
			batch = <-w.turn // under way: the outcome will be known soon
		}
	}
	if batch != nil {
		a.work(context.WithoutCancel(ctx), batch)
	}
	if w.err != nil {
		return 0, fmt.Errorf("append to %s: %w", r.source.Parts[0].Stream, w.err)
	}
	return w.verdict.result(r.source)
}

// enter queues w, and returns the batch to commit when there is a free place.
func (a *appender) enter(w *waiting) []*waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue = append(a.queue, w)
	if w.request.source.Patient {
		if !a.timing {
			a.timing = true
			time.AfterFunc(patience, a.lose)
		}
		return nil
	}
	if a.working >= committers {
		return nil
	}
	a.working++
	return a.cut(nil)
}

// lose begins a batch of those whose patience ended, unless they went with another or will in a moment.
func (a *appender) lose() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.timing = false
	if a.working >= committers {
		return
	}
	if next := a.cut(nil); next != nil {
		a.working++
		next[0].turn <- next
	}
}

// cut moves what fits from the queue to the batch. The first request always fits.
func (a *appender) cut(batch []*waiting) []*waiting {
	events, bytes := 0, 0
	for _, w := range batch {
		events, bytes = events+w.request.events, bytes+w.request.bytes
	}
	for len(a.queue) > 0 {
		next := a.queue[0].request
		events, bytes = events+next.events, bytes+next.bytes
		if len(batch) > 0 && (events > maxBatchEvents || bytes > maxBatchBytes) {
			break
		}
		batch = append(batch, a.queue[0])
		a.queue[0] = nil
		a.queue = a.queue[1:]
	}
	return batch
}

// withdraw takes w out of the queue; it is too late when a batch has it.
func (a *appender) withdraw(w *waiting) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, other := range a.queue {
		if other == w {
			a.queue = append(a.queue[:i], a.queue[i+1:]...)
			return true
		}
	}
	return false
}

// work commits a batch, answers its callers and hands the place on. batch holds the caller itself.
func (a *appender) work(ctx context.Context, batch []*waiting) {
	a.mu.Lock()
	batch = a.cut(batch) // who came between being handed the batch and now
	a.mu.Unlock()
	a.settle(ctx, batch)
	a.handOver()
	for _, w := range batch {
		w.turn <- nil // the worker's own stays in the buffer
	}
}

// handOver gives the next batch to its first caller, or frees the place.
func (a *appender) handOver() {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := a.cut(nil)
	if next == nil {
		a.working--
		return
	}
	next[0].turn <- next
}

// settle finds the outcome of every request of the batch. Values the server refuses fail only the request they are in.
func (a *appender) settle(ctx context.Context, batch []*waiting) {
	verdicts, err := a.commitWithRetry(ctx, batch)
	if badData(err) && len(batch) > 1 {
		for _, w := range batch {
			a.settle(ctx, []*waiting{w})
		}
		return
	}
	for i, w := range batch {
		if w.err = err; err == nil {
			w.verdict = verdicts[i]
		}
	}
}

// commitWithRetry sends the batch again while the server cannot be reached: what was stored after all is a duplicate then,
// and answered with its position.
func (a *appender) commitWithRetry(ctx context.Context, batch []*waiting) ([]verdict, error) {
	requests := make([]request, len(batch))
	for i, w := range batch {
		requests[i] = w.request
	}
	giveUp := a.now().Add(a.retryFor)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		verdicts, err := a.commit(ctx, requests)
		if err == nil || !outcomeUnknown(err) || !a.now().Before(giveUp) {
			return verdicts, err
		}
		a.log.WarnContext(ctx, "append outcome unknown, sending again", "requests", len(requests), "error", err)
		timer := time.NewTimer(pause)
		<-timer.C
	}
}
