package whatsapp

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"switchboard.example/domain"
)

// How the governor spreads connects.
const (
	backoffFirst     = time.Second
	backoffMost      = 20 * time.Second // so that every session is back within 30 s of WhatsApp's return
	maxConnecting    = 50               // connects under way at once
	outageFailures   = 3                // in a row, of at least two workspaces: WhatsApp is away, not one session
	afterOutageDelay = time.Second      // over which those who waited come back
)

// governor decides when a session may connect, for the whole process: so many per second, so many at once, and after a
// failure a random while later, so that a thousand dropped together do not come back together.
type governor struct {
	limiter *rate.Limiter
	slots   chan struct{}
	rand    func() float64 // between 0 and 1

	mu       sync.Mutex
	inRow    int
	failing  map[domain.WorkspaceID]int // failures since the last success
	returned chan struct{}              // closed when an outage ends
}

// newGovernor allows so many connects per second; none or fewer is no limit.
func newGovernor(perSecond float64, random func() float64) *governor {
	limiter := rate.NewLimiter(rate.Inf, 0)
	if perSecond > 0 {
		limiter = rate.NewLimiter(rate.Limit(perSecond), max(1, int(math.Ceil(2*perSecond))))
	}
	return &governor{
		limiter: limiter, slots: make(chan struct{}, maxConnecting), rand: random,
		failing: map[domain.WorkspaceID]int{}, returned: make(chan struct{}),
	}
}

// turn waits until the session may connect. Call done when it is connected, or has failed.
func (g *governor) turn(ctx context.Context) (done func(), err error) {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := g.limiter.Wait(ctx); err != nil {
		<-g.slots
		return nil, err
	}
	return sync.OnceFunc(func() { <-g.slots }), nil
}

// failed notes a failure and returns how long the session should wait: anything up to a bound that doubles.
func (g *governor) failed(w domain.WorkspaceID) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing[w]++
	g.inRow++
	most := min(backoffMost, backoffFirst<<min(g.failing[w]-1, 10))
	return time.Duration(g.rand() * float64(most))
}

// succeeded ends an outage: everybody's failures are forgotten, and those who wait need wait no longer.
func (g *governor) succeeded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inRow >= outageFailures && len(g.failing) > 1 {
		clear(g.failing)
		close(g.returned)
		g.returned = make(chan struct{})
	}
	g.inRow = 0
}

// forget drops the failures of a session that ended, or has been steady for a while.
func (g *governor) forget(w domain.WorkspaceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.failing, w)
}

// wait lets d pass, or less when an outage ends meanwhile. It says whether ctx is still alive.
func (g *governor) wait(ctx context.Context, d time.Duration) bool {
	g.mu.Lock()
	returned := g.returned
	g.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-returned:
		return sleep(ctx, min(d, time.Duration(g.rand()*float64(afterOutageDelay))))
	}
}
