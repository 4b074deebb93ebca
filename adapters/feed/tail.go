package feed

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"switchboard.example/domain"
)

// Log is what the feed reads: positions are 1, 2, 3 … without gaps, visible in that order.
type Log interface {
	// Page returns up to limit events with a position greater than after, in order.
	Page(ctx context.Context, after int64, limit int) ([]domain.Recorded, error)
	// Head is the position of the newest event, 0 when there is none.
	Head(ctx context.Context) (int64, error)
	// Committed receives after this process has appended, until ctx ends.
	Committed(ctx context.Context) <-chan struct{}
}

// tailKept is how many of the newest events stay in memory for readers that are a little behind.
const tailKept = 4096

// tail reads each new page of the log once and keeps the newest events for all readers.
//
// Readers share its slices, so nobody may change an event. The buffer is only ever appended to; when it has grown to twice
// what is kept, the newest part moves to a fresh array and readers still holding the old one are not disturbed.
type tail struct {
	log      Log
	pageSize int
	poll     time.Duration
	pause    time.Duration // after a read
	logger   *slog.Logger
	woken    chan struct{} // holds one wake-up, so that one coming during a read is not lost
	heard    chan struct{} // the same for what the server announces, up to a position
	upTo     atomic.Int64  // that position

	mu     sync.Mutex
	recent []domain.Recorded // without gaps, ending at end
	end    int64
	grown  chan struct{} // closed and replaced whenever end grows
}

func newTail(c Config) *tail {
	return &tail{
		log: c.Log, pageSize: c.PageSize, poll: c.Poll, pause: c.Pause, logger: c.Logger,
		woken: make(chan struct{}, 1), heard: make(chan struct{}, 1), grown: make(chan struct{}),
	}
}

// wake says that there may be something new. It never blocks.
func (t *tail) wake() {
	select {
	case t.woken <- struct{}{}:
	default:
	}
}

// announced says that the log has events up to a position. What this process appends is announced too, when it was mostly
// read already.
func (t *tail) announced(position int64) {
	for at := t.upTo.Load(); at < position && !t.upTo.CompareAndSwap(at, position); at = t.upTo.Load() {
	}
	select {
	case t.heard <- struct{}{}:
	default:
	}
}

// start places the tail at the log's head: what is older is read by those who need it.
func (t *tail) start(ctx context.Context) error {
	head, err := t.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the log's head: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end, t.recent = head, nil
	return nil
}

// run follows the log until ctx ends.
func (t *tail) run(ctx context.Context) {
	committed := t.log.Committed(ctx)
	tick := time.NewTicker(t.poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		page, err := t.log.Page(ctx, t.head(), t.pageSize)
		if err != nil && ctx.Err() == nil {
			t.logger.WarnContext(ctx, "could not read the log", "error", err)
		}
		t.extend(page)
		if len(page) < t.pageSize {
			if t.pause > 0 {
				pause(ctx, t.pause)
			}
			t.rest(ctx, committed, tick.C)
		}
	}
}

// rest waits until there may be something new.
func (t *tail) rest(ctx context.Context, committed <-chan struct{}, tick <-chan time.Time) {
	for {
		select {
		case <-t.heard:
			if t.upTo.Load() <= t.head() {
				continue
			}
		case <-ctx.Done():
		case <-committed:
		case <-t.woken:
		case <-tick:
		}
		return
	}
}

func (t *tail) head() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.end
}

func (t *tail) extend(page []domain.Recorded) {
	if len(page) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.recent) >= 2*tailKept {
		t.recent = append(make([]domain.Recorded, 0, 2*tailKept), t.recent[len(t.recent)-tailKept:]...)
	}
	t.recent = append(t.recent, page...)
	t.end = page[len(page)-1].Position
	close(t.grown)
	t.grown = make(chan struct{})
}

// next returns the events after a position, waiting until there are some. It returns none when early fires first.
func (t *tail) next(ctx context.Context, after int64, limit int, early <-chan time.Time) ([]domain.Recorded, error) {
	for {
		page, behind, grown := t.newest(after, limit)
		if len(page) > 0 {
			return page, nil
		}
		if behind {
			return t.log.Page(ctx, after, limit)
		}
		select {
		case <-grown:
		case <-early:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// brings waits until an event of these types comes after a position; it answers false when ctx ends first.
func (t *tail) brings(ctx context.Context, after int64, types map[string]bool) bool {
	for {
		page, _, grown := t.newest(after, tailKept)
		for _, r := range page {
			if after = r.Position; types[r.Type] {
				return true
			}
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return false
		}
	}
}

// newest returns what the buffer has after a position, whether the reader has to page by itself, and the channel that is
// closed when there is more.
func (t *tail) newest(after int64, limit int) (page []domain.Recorded, behind bool, grown <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if after >= t.end {
		return nil, false, t.grown
	}
	first := t.end - int64(len(t.recent)) + 1
	if after+1 < first {
		return nil, true, t.grown
	}
	page = t.recent[after+1-first:]
	return page[:min(limit, len(page))], false, t.grown
}
