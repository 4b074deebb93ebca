package whatsapp

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchboard.example/domain"
)

func always(x float64) func() float64 { return func() float64 { return x } }

func TestTheGovernorLimitsConnectsPerSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(50, always(1))
		began := time.Now()
		var mu sync.Mutex
		perSecond := map[int]int{}
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				done, err := g.turn(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				perSecond[int(time.Since(began)/time.Second)]++
				mu.Unlock()
				done()
			})
		}
		all.Wait()
		for second, n := range perSecond {
			if n > 150 {
				t.Errorf("%d connects in second %d", n, second)
			}
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("a thousand took %s", took)
		}
	})
}

func TestTheGovernorLimitsConnectsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(-1, always(1))
		var now, most atomic.Int32
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				done, err := g.turn(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				defer done()
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Second)
				now.Add(-1)
			})
		}
		all.Wait()
		if got := most.Load(); got != maxConnecting {
			t.Errorf("%d were under way at once", got)
		}
	})
}

func TestWaitingForATurnCanBeGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(0.001, always(1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done, err := g.turn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		done()
		if _, err := g.turn(ctx); err == nil {
			t.Error("the second turn came too soon")
		}
		if len(g.slots) != 0 {
			t.Error("a slot leaked")
		}
	})
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	g := newGovernor(-1, always(1))
	for i, want := range []int{1, 2, 4, 8, 16, 20, 20} {
		if got := g.failed("a"); got != time.Duration(want)*time.Second {
			t.Errorf("failure %d waits up to %s, want %d s", i+1, got, want)
		}
	}
	g.forget("a")
	if got := g.failed("a"); got != time.Second {
		t.Errorf("a forgotten session waits %s", got)
	}
	if got := newGovernor(-1, always(0)).failed("a"); got != 0 {
		t.Errorf("the least wait is %s", got)
	}
}

func TestTheEndOfAnOutageWakesEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(-1, always(0.5))
		for range 8 {
			g.failed("a")
			g.failed("b")
		}
		began := time.Now()
		go func() {
			time.Sleep(2 * time.Second)
			g.succeeded()
		}()
		if !g.wait(t.Context(), 20*time.Second) {
			t.Fatal("the wait was given up")
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %s to come back", took)
		}
		if got := g.failed("b"); got != 500*time.Millisecond {
			t.Errorf("after the outage a failure waits %s", got)
		}
	})
}

func TestOneSessionsTroubleIsNoOutage(t *testing.T) {
	t.Parallel()
	g := newGovernor(-1, always(1))
	for range 5 {
		g.failed("a")
	}
	g.succeeded()
	if got := g.failed("a"); got != 20*time.Second {
		t.Errorf("it waits %s", got)
	}
}

func TestAllAreBackWithinHalfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var turn atomic.Int64
		random := func() float64 { return float64(turn.Add(7919)%1000) / 1000 }
		g := newGovernor(50, random)
		const sessions = 500
		returned := time.Now().Add(5 * time.Minute)
		var all sync.WaitGroup
		var last atomic.Int64
		for i := range sessions {
			all.Go(func() {
				w := domain.WorkspaceID(rune('a' + i))
				for g.wait(t.Context(), g.failed(w)) {
					done, err := g.turn(t.Context())
					if err != nil {
						return
					}
					time.Sleep(20 * time.Millisecond)
					done()
					if time.Now().After(returned) {
						g.succeeded()
						last.Store(max(last.Load(), time.Now().UnixNano()))
						return
					}
				}
			})
		}
		all.Wait()
		if took := time.Unix(0, last.Load()).Sub(returned); took > 30*time.Second {
			t.Errorf("the last came back after %s", took)
		}
	})
}
