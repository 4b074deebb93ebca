package feed

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard.example/domain"
)

// memory is a log that counts how often it is read.
type memory struct {
	mu        sync.Mutex
	events    int64
	pages     int
	committed chan struct{}
}

func newMemory() *memory { return &memory{committed: make(chan struct{}, 1)} }

func (m *memory) Page(_ context.Context, after int64, limit int) ([]domain.Recorded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pages++
	var page []domain.Recorded
	for p := after + 1; p <= m.events && len(page) < limit; p++ {
		page = append(page, domain.Recorded{Position: p})
	}
	return page, nil
}

func (m *memory) Head(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.events, nil
}

func (m *memory) Committed(context.Context) <-chan struct{} { return m.committed }

func (m *memory) append(n int64) {
	m.mu.Lock()
	m.events += n
	m.mu.Unlock()
	select {
	case m.committed <- struct{}{}:
	default:
	}
}

func (m *memory) read() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pages
}

func startTail(t *testing.T, log *memory) *tail {
	t.Helper()
	return startTailThatPauses(t, log, 0)
}

func startTailThatPauses(t *testing.T, log *memory, pause time.Duration) *tail {
	t.Helper()
	tail := newTail(Config{Log: log, PageSize: 1000, Poll: time.Hour, Pause: pause, Logger: slog.New(slog.DiscardHandler)})
	if err := tail.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	go tail.run(t.Context())
	return tail
}

// follow reads n events and returns where it is.
func follow(t *testing.T, tail *tail, after int64, n int) int64 {
	t.Helper()
	for got := 0; got < n; {
		page, err := tail.next(t.Context(), after, 1000, nil)
		if err != nil {
			t.Error(err)
			return after
		}
		for _, r := range page {
			if r.Position != after+1 {
				t.Errorf("after %d came %d", after, r.Position)
			}
			after = r.Position
		}
		got += len(page)
	}
	return after
}

func TestTheTailReadsANewPageOnceForAllReaders(t *testing.T) {
	t.Parallel()
	log := newMemory()
	log.append(10)
	tail := startTail(t, log)
	var reading sync.WaitGroup
	for range 50 {
		reading.Go(func() { follow(t, tail, 10, 20) })
	}
	log.append(20)
	reading.Wait()
	if n := log.read(); n > 3 { // one before, one with the events, at most one more for a wake-up that came between
		t.Errorf("the log was read %d times for 50 readers", n)
	}
}

// On a busy log every read brings what came together; a single event is read at once.
func TestATailThatPausesReadsWhatCameTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := newMemory()
		tail := startTailThatPauses(t, log, 20*time.Millisecond)
		time.Sleep(time.Second)
		began, before := time.Now(), log.read()
		log.append(1)
		at := follow(t, tail, 0, 1)
		if took := time.Since(began); took != 0 {
			t.Errorf("a single event was read after %s", took)
		}
		for range 100 {
			log.append(1)
			time.Sleep(time.Millisecond)
		}
		follow(t, tail, at, 100)
		if took, n := time.Since(began), log.read()-before; took > 120*time.Millisecond || n > 7 {
			t.Errorf("101 events in %s took %d reads and %s", 100*time.Millisecond, n, took)
		}
	})
}

func TestAReaderThatIsBehindPagesByItselfUntilItIsAtTheTip(t *testing.T) {
	t.Parallel()
	log := newMemory()
	log.append(2500)
	tail := startTail(t, log)
	if at := follow(t, tail, 0, 2500); at != 2500 {
		t.Fatalf("it is at %d", at)
	}
	log.append(3)
	if at := follow(t, tail, 2500, 3); at != 2503 {
		t.Fatalf("it is at %d", at)
	}
}

func TestTheTailKeepsAWindowWithoutGaps(t *testing.T) {
	t.Parallel()
	tail := startTail(t, newMemory())
	log := tail.log.(*memory)
	var held []domain.Recorded
	for range 40 {
		log.append(900)
		head := tail.head()
		follow(t, tail, head, int(log.events-head))
		if page, _, _ := tail.newest(tail.head()-1, 1); held == nil {
			held = page
		}
	}
	tail.mu.Lock()
	defer tail.mu.Unlock()
	if n := len(tail.recent); n > 3*tailKept {
		t.Errorf("%d events are kept", n)
	}
	for i, r := range tail.recent {
		if want := tail.end - int64(len(tail.recent)-1-i); r.Position != want {
			t.Fatalf("event %d of the window is at %d, want %d", i, r.Position, want)
		}
	}
	if held[0].Position != 900 {
		t.Errorf("a page somebody holds has changed to position %d", held[0].Position)
	}
}

func TestTheWatermarkIsBelowTheLowestUnfinishedEvent(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		mark, open, seen := newWatermark(7), []int64{}, int64(7)
		for range 60 {
			switch {
			case random.IntN(2) == 0:
				seen += 1 + random.Int64N(3)
				mark.begin(seen)
				open = append(open, seen)
			case len(open) > 0:
				i := random.IntN(len(open))
				mark.finish(open[i])
				open = slices.Delete(open, i, i+1)
			default:
				seen++
				mark.pass(seen)
			}
			want := seen
			if len(open) > 0 {
				want = open[0] - 1
			}
			if got := mark.low(); got != want {
				t.Fatalf("with %v unfinished and %d seen the watermark is %d, want %d", open, seen, got, want)
			}
		}
	}
}

func TestBackoffDoublesUpToItsLimit(t *testing.T) {
	t.Parallel()
	var got []time.Duration
	for failures := range 6 {
		got = append(got, backoff(time.Second, 5*time.Second, failures))
	}
	want := []time.Duration{time.Second, time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
