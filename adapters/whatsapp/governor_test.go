package whatsapp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchboard.example/domain"
)

func always(x float64) func() float64 { return func() float64 { return x } }

func newTestGovernor(perSecond float64, random func() float64) *governor {
	return newGovernor(perSecond, random, time.Now, 15*time.Minute)
}

func TestTheGovernorLimitsConnectsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(1))
		var now, most atomic.Int32
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				done, err := g.turn(t.Context(), "w", time.Time{})
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

func TestHandshakesThatHangHoldUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(1))
		for range maxConnecting {
			if _, err := g.turn(t.Context(), "hangs", time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := g.turn(t.Context(), "w", time.Time{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > handshakeSlot {
			t.Errorf("it waited %s", took)
		}
	})
}

func TestWaitingForATurnCanBeGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(0.001, always(1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done, err := g.turn(ctx, "w", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		done()
		if _, err := g.turn(ctx, "w", time.Time{}); err == nil {
			t.Error("the second turn came too soon")
		}
		if g.underWay != 0 || g.waiting[usual].Len() != 0 {
			t.Errorf("%d under way, %d waiting", g.underWay, g.waiting[usual].Len())
		}
		g.timer.Stop()
	})
}

func TestBusyNumbersGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(1, always(1))
		for range 2 { // the burst
			_, _ = g.turn(t.Context(), "first", time.Time{})
		}
		var mu sync.Mutex
		var order []int
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := g.turn(t.Context(), domain.WorkspaceID(fmt.Sprint(i)), time.Unix(int64(i), 0))
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		slices.Reverse(order)
		if !slices.IsSorted(order) {
			t.Errorf("from the last to the first: %v", order)
		}
	})
}

func TestFirstLoginsUploadTwoAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(1))
		var now, most atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				done, err := g.upload(t.Context())
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
		if most.Load() != 2 {
			t.Errorf("%d at once", most.Load())
		}
	})
}

func TestAServerThatIsBusyIsGivenMoreTime(t *testing.T) {
	t.Parallel()
	g := newTestGovernor(-1, always(1))
	for i, want := range []int{5, 10, 20, 20} {
		if got := g.failedFrom("a", busyFirst); got != time.Duration(want)*time.Second {
			t.Errorf("failure %d waits up to %s, want %d s", i+1, got, want)
		}
	}
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	g := newTestGovernor(-1, always(1))
	for i, want := range []int{1, 2, 4, 8, 16, 20, 20} {
		if got := g.failed("a"); got != time.Duration(want)*time.Second {
			t.Errorf("failure %d waits up to %s, want %d s", i+1, got, want)
		}
	}
	g.steady("a")
	if got := g.failed("a"); got != time.Second {
		t.Errorf("a session that was steady waits %s", got)
	}
	if got := newTestGovernor(-1, always(0)).failed("a"); got != 0 {
		t.Errorf("the least wait is %s", got)
	}
}

func TestASessionThatKeepsFailingTakesTheSlowLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(1, always(1))
		for range slowFailures {
			g.failed("ill")
		}
		if g.laneOf("ill") != usual {
			t.Error("ten failures are too many already")
		}
		g.failed("ill")
		g.steady("ill")
		if g.laneOf("ill") != slow {
			t.Error("eleven failures within the hour change nothing")
		}
		for range 2 { // the burst
			_, _ = g.turn(t.Context(), "first", time.Time{})
		}
		began := time.Now()
		var ill, last atomic.Int64
		var all sync.WaitGroup
		all.Go(func() {
			_, _ = g.turn(t.Context(), "ill", time.Now())
			ill.Store(int64(time.Since(began)))
		})
		synctest.Wait()
		for i := range 60 {
			all.Go(func() {
				_, _ = g.turn(t.Context(), domain.WorkspaceID(fmt.Sprint(i)), time.Time{})
				last.Store(int64(time.Since(began)))
			})
		}
		all.Wait()
		if took := time.Duration(ill.Load()); took < 5*time.Second || took > 11*time.Second {
			t.Errorf("it waited %s: it should let others go first, but not starve", took)
		}
		time.Sleep(slowWindow)
		if g.laneOf("ill") != usual {
			t.Error("an hour later it is slow still")
		}
	})
}

func TestTheEndOfAnOutageWakesEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(0.5))
		for range 12 {
			g.failed("a")
			g.failed("b")
		}
		began := time.Now()
		go func() {
			time.Sleep(2 * time.Second)
			g.tried(true)
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
		if g.laneOf("a") != usual {
			t.Error("after the outage a session is in the slow lane")
		}
	})
}

func TestOneSessionsTroubleIsNoOutage(t *testing.T) {
	t.Parallel()
	g := newTestGovernor(-1, always(1))
	for range 5 {
		g.failed("a")
	}
	g.tried(true)
	if got := g.failed("a"); got != 20*time.Second {
		t.Errorf("it waits %s", got)
	}
}

func TestTheBreakerOpensWhenTriesFailAndASuccessClosesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(1))
		defer func() { g.timer.Stop() }()
		for range breakerWindow - breakerMost {
			g.tried(true)
		}
		for range breakerMost {
			g.tried(false)
		}
		if !g.broken.IsZero() {
			t.Fatal("30 % opened it")
		}
		g.tried(false)
		if g.broken.IsZero() {
			t.Fatal("more than 30 % did not open it")
		}
		var probes atomic.Int32
		ctx, cancel := context.WithCancel(t.Context())
		for range 200 {
			go func() {
				if _, err := g.turn(ctx, "w", time.Time{}); err == nil {
					probes.Add(1)
				}
			}()
		}
		time.Sleep(time.Minute)
		if n := probes.Load(); n < 12 || n > 25 {
			t.Errorf("%d probes in a minute", n)
		}
		before := probes.Load()
		time.Sleep(5 * time.Second)
		if probes.Load() == before {
			t.Error("no probe in five seconds")
		}
		g.tried(true)
		synctest.Wait()
		if n := probes.Load() - before; n < maxConnecting-2 { // a probe may still be under way
			t.Errorf("after a success %d went", n)
		}
		cancel()
		synctest.Wait()
	})
}

func TestOldFailuresDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(1))
		for range 200 {
			g.tried(false)
			time.Sleep(10 * time.Second)
		}
		if !g.broken.IsZero() {
			t.Error("one failure every ten seconds opened it")
		}
	})
}

func TestWhileOurVersionIsRefusedOneCanaryGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newTestGovernor(-1, always(1))
		for range outdatedMost {
			if !g.refusedUntil().IsZero() {
				t.Fatal("closed too early")
			}
			g.refused()
		}
		if got := time.Until(g.refusedUntil()); got != 15*time.Minute {
			t.Errorf("the next try is in %s", got)
		}
		var went atomic.Int32
		for range 100 {
			go func() {
				if _, err := g.turn(t.Context(), "w", time.Time{}); err == nil {
					went.Add(1)
				}
			}()
		}
		for i := range 4 {
			if time.Sleep(15*time.Minute + time.Second); int(went.Load()) != i+1 {
				t.Errorf("%d went in %d quarters of an hour", went.Load(), i+1)
			}
			g.refused() // as the canary is told
		}
		g.tried(true)
		time.Sleep(time.Minute)
		if went.Load() != 100 {
			t.Errorf("after a success %d went", went.Load())
		}
	})
}

// simulation is a crowd of sessions and a WhatsApp that is away for a while, in virtual time.
type simulation struct {
	sessions int
	rate     float64
	away     time.Duration
	hangs    bool // a try takes long to fail
	once     bool // each session's first try fails, away or not
	seed     uint64
}

// run returns when the last session was back after WhatsApp's return, and the most connects in any second.
func (s simulation) run(t *testing.T) (back time.Duration, busiest int) {
	t.Helper()
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(s.seed, 1))
	locked := func() float64 { mu.Lock(); defer mu.Unlock(); return random.Float64() }
	g := newTestGovernor(s.rate, locked)
	began := time.Now()
	returns := began.Add(s.away)
	perSecond := map[int]int{}
	var last time.Time
	var all sync.WaitGroup
	for i := range s.sessions {
		all.Go(func() {
			w := domain.WorkspaceID(fmt.Sprint(i))
			for tries := 1; g.wait(t.Context(), g.failed(w)); tries++ {
				done, err := g.turn(t.Context(), w, time.Time{})
				if err != nil {
					return
				}
				mu.Lock()
				perSecond[int(time.Since(began)/time.Second)]++
				mu.Unlock()
				if time.Now().Before(returns) || s.once && tries == 1 {
					if s.hangs {
						select {
						case <-time.After(time.Minute):
						case <-g.outageEnds():
							time.Sleep(hangAfterOutage)
						}
					}
					g.tried(false)
					done()
					continue
				}
				time.Sleep(20 * time.Millisecond)
				g.tried(true)
				done()
				mu.Lock()
				last = time.Now()
				mu.Unlock()
				return
			}
		})
	}
	all.Wait()
	for second, n := range perSecond {
		if n > busiest && second > 0 {
			busiest = n
		}
	}
	return last.Sub(returns), max(busiest, perSecond[0])
}

// All are back within sessions ÷ rate + 5 s of WhatsApp's return, which for a thousand is within 30 s; nobody starves and no
// second has more connects than burst and rate allow.
func TestEverybodyIsBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]simulation{
		"a few sessions, a long outage":     {sessions: 3, rate: 50, away: time.Hour},
		"one session":                       {sessions: 1, rate: 50, away: 10 * time.Minute},
		"a thousand, half a minute":         {sessions: 1000, rate: 50, away: 30 * time.Second},
		"a thousand, five minutes":          {sessions: 1000, rate: 50, away: 5 * time.Minute},
		"a thousand, and tries that hang":   {sessions: 1000, rate: 50, away: 5 * time.Minute, hangs: true},
		"ten thousand, ten minutes":         {sessions: 10_000, rate: 50, away: 10 * time.Minute},
		"ten thousand, at two hundred each": {sessions: 10_000, rate: 200, away: time.Minute},
		"a thousand, each refused once":     {sessions: 1000, rate: 50, once: true},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(name, ", seed ", seed), func(t *testing.T) {
				t.Parallel()
				s := s
				s.seed = seed
				synctest.Test(t, func(t *testing.T) {
					back, busiest := s.run(t)
					bound := time.Duration(float64(s.sessions)/s.rate*float64(time.Second)) + 5*time.Second
					if s.once {
						bound = 2 * time.Minute // there are twice as many tries, and the breaker opens again and again; it was a quarter of an hour
					}
					if s.sessions < 100 {
						bound = 30 * time.Second // as long as the longest backoff, and a bit
					}
					if back > bound {
						t.Errorf("the last came back after %s, the bound is %s", back, bound)
					}
					if most := int(3 * s.rate); busiest > most {
						t.Errorf("%d connects in one second, at most %d", busiest, most)
					}
				})
			})
		}
	}
}
