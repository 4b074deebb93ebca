package whatsapp

import (
	"container/heap"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"switchboard.example/domain"
)

// How the governor spreads connects.
const (
	backoffFirst     = time.Second
	backoffMost      = 20 * time.Second // so that every session is back within 30 s of WhatsApp's return
	maxConnecting    = 50               // handshakes under way at once
	handshakeSlot    = 10 * time.Second // one that takes longer is waiting, not working, and holds up nobody
	maxUploads       = 2                // first logins at once: each makes and uploads hundreds of keys
	outageFailures   = 3                // in a row, of at least two workspaces: WhatsApp is away, not one session
	hangAfterOutage  = 5 * time.Second
	afterOutageDelay = time.Second // over which those who waited come back

	breakerWindow = 50 // tries looked at
	breakerMost   = 15 // that may fail of them
	breakerMemory = 2 * time.Minute
	probeFirst    = time.Second
	probeMost     = 5 * time.Second // apart

	slowFailures = 10 // within slowWindow; more go to the slow lane
	slowWindow   = time.Hour
	slowShare    = 10 // at least every so many-th turn is the slow lane's

	outdatedMost   = 3 // refusals of our version within outdatedWindow; then all stop
	outdatedWindow = time.Minute
)

// governor decides when a session may connect, for the whole process: so many per second, so many at once, busy numbers
// first, and after a failure a random while later, so that a thousand dropped together do not come back together.
//
// While most tries fail a breaker lets one probe through every few seconds; the first success lets everybody go. While
// WhatsApp refuses our version nobody connects but one canary at a time.
type governor struct {
	perSecond, burst float64
	rand             func() float64 // between 0 and 1
	now              func() time.Time
	uploads          chan struct{}
	canaryEvery      time.Duration

	mu       sync.Mutex
	inRow    int
	failing  map[domain.WorkspaceID]*troubles
	returned chan struct{} // closed when an outage ends

	waiting  [2]queue // usual and slow
	order    int64
	turns    int
	underWay int
	tokens   float64
	filled   time.Time
	timer    *time.Timer

	tries     []try     // the last ones
	broken    time.Time // when the breaker opened; zero while it is closed
	nextProbe time.Time

	refusals   []time.Time // of our version
	outdated   bool
	nextCanary time.Time
}

// troubles are a session's failures since its last success, and when the recent ones were.
type troubles struct {
	inRow  int
	recent []time.Time
}

type try struct {
	at     time.Time
	failed bool
}

// newGovernor allows so many connects per second; none or fewer is no limit.
func newGovernor(perSecond float64, random func() float64, now func() time.Time, canaryEvery time.Duration) *governor {
	burst := math.Max(1, math.Ceil(2*perSecond))
	return &governor{
		perSecond: perSecond, burst: burst, tokens: burst, filled: now(), rand: random, now: now, canaryEvery: canaryEvery,
		uploads: make(chan struct{}, maxUploads), failing: map[domain.WorkspaceID]*troubles{}, returned: make(chan struct{}),
	}
}

// turn waits until the session may connect; of those who wait, the one that was busy last goes first. Call done when it
// is connected, or has failed.
func (g *governor) turn(ctx context.Context, w domain.WorkspaceID, busy time.Time) (done func(), err error) {
	g.mu.Lock()
	g.order++
	t := &ticket{busy: busy, order: g.order, ready: make(chan struct{}), lane: g.laneOf(w)}
	if known := g.failing[w]; known != nil {
		t.failed = known.inRow
	}
	heap.Push(&g.waiting[t.lane], t)
	g.dispatch()
	g.mu.Unlock()
	select {
	case <-t.ready:
		done := sync.OnceFunc(g.release)
		time.AfterFunc(handshakeSlot, done)
		return done, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.granted {
		g.underWay--
		g.dispatch()
	} else {
		heap.Remove(&g.waiting[t.lane], t.index)
	}
	return nil, ctx.Err()
}

// upload waits until a first login may begin.
func (g *governor) upload(ctx context.Context) (done func(), err error) {
	select {
	case g.uploads <- struct{}{}:
		return sync.OnceFunc(func() { <-g.uploads }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *governor) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.underWay--
	g.dispatch()
}

// dispatch gives turns to those who may have one now, and sets the timer for the next.
func (g *governor) dispatch() {
	for g.waiting[usual].Len()+g.waiting[slow].Len() > 0 {
		now := g.now()
		wait := g.shut(now)
		switch {
		case wait > 0:
		case g.underWay >= maxConnecting && g.broken.IsZero() && !g.outdated:
			return // until one is done
		default:
			wait = g.take(now)
		}
		if wait > 0 {
			g.again(wait)
			return
		}
		if !g.broken.IsZero() { // a short outage is noticed to end sooner than a long one
			g.nextProbe = now.Add(min(probeMost, max(probeFirst, now.Sub(g.broken)/4)))
		}
		if g.outdated {
			g.nextCanary = now.Add(g.canaryEvery)
		}
		t := g.best()
		t.granted = true
		g.underWay++
		close(t.ready)
	}
}

// shut is how long nobody at all may connect.
func (g *governor) shut(now time.Time) time.Duration {
	switch {
	case g.outdated:
		return g.nextCanary.Sub(now)
	case !g.broken.IsZero():
		return g.nextProbe.Sub(now)
	}
	return 0
}

// take takes a token out of the bucket, or says when there will be one.
func (g *governor) take(now time.Time) time.Duration {
	if g.perSecond <= 0 {
		return 0
	}
	g.tokens = math.Min(g.burst, g.tokens+now.Sub(g.filled).Seconds()*g.perSecond)
	g.filled = now
	if g.tokens < 1 {
		return time.Duration(math.Ceil((1-g.tokens)/g.perSecond*1e9)) + time.Microsecond
	}
	g.tokens--
	return 0
}

func (g *governor) again(wait time.Duration) {
	if g.timer != nil {
		g.timer.Stop()
	}
	g.timer = time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.dispatch()
	})
}

func (g *governor) best() *ticket {
	g.turns++
	if t := g.secondTry(); t != nil {
		return t
	}
	lane := usual
	if g.waiting[usual].Len() == 0 || g.waiting[slow].Len() > 0 && g.turns%slowShare == 0 {
		lane = slow
	}
	return heap.Pop(&g.waiting[lane]).(*ticket) //nolint:forcetypeassert // only tickets are queued
}

// secondTry is who goes as every other probe, if anybody: one of those that were refused most often. Where WhatsApp refuses each
// session once, and then takes it, first tries alone would keep the breaker open as long as there are sessions.
func (g *governor) secondTry() *ticket {
	if g.broken.IsZero() || g.turns%2 > 0 {
		return nil
	}
	var first *ticket
	for _, lane := range g.waiting {
		for _, t := range lane {
			if t.failed > 1 && (first == nil || t.failed > first.failed || t.failed == first.failed && t.order < first.order) {
				first = t
			}
		}
	}
	if first != nil {
		heap.Remove(&g.waiting[first.lane], first.index)
	}
	return first
}

// tried notes how a try ended. A refusal that is about one session only is no failure: WhatsApp is there.
func (g *governor) tried(ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if ok {
		g.reopen()
		return
	}
	g.tries = slices.DeleteFunc(append(g.tries, try{at: now, failed: true}), func(t try) bool { return now.Sub(t.at) > breakerMemory })
	g.judge(now)
}

// reopen lets everybody go on after a success.
func (g *governor) reopen() {
	if !g.broken.IsZero() || g.outdated || g.inRow >= outageFailures && g.severalFail() {
		g.broken, g.outdated = time.Time{}, false
		g.tries, g.refusals = nil, nil
		g.wakeAll()
	}
	g.tries = append(g.tries, try{at: g.now()})
	g.trim()
	g.inRow = 0
	g.dispatch()
}

func (g *governor) trim() {
	if n := len(g.tries); n > breakerWindow {
		g.tries = slices.Clone(g.tries[n-breakerWindow:])
	}
}

func (g *governor) judge(now time.Time) {
	g.trim()
	failed := 0
	for _, t := range g.tries {
		if t.failed {
			failed++
		}
	}
	if g.broken.IsZero() && len(g.tries) == breakerWindow && failed > breakerMost {
		g.broken, g.nextProbe = now, now.Add(probeFirst)
	}
}

func (g *governor) severalFail() bool {
	n := 0
	for _, t := range g.failing {
		if t.inRow > 0 {
			n++
		}
	}
	return n > 1
}

// wakeAll ends an outage: everybody's failures are forgotten, and those who wait need wait no longer.
func (g *governor) wakeAll() {
	clear(g.failing)
	for g.waiting[slow].Len() > 0 {
		t := heap.Pop(&g.waiting[slow]).(*ticket) //nolint:forcetypeassert // only tickets are queued
		t.lane = usual
		heap.Push(&g.waiting[usual], t)
	}
	close(g.returned)
	g.returned = make(chan struct{})
}

// refused notes that WhatsApp refuses our version.
func (g *governor) refused() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.refusals = slices.DeleteFunc(append(g.refusals, now), func(at time.Time) bool { return now.Sub(at) > outdatedWindow })
	if !g.outdated && len(g.refusals) >= outdatedMost {
		g.outdated, g.nextCanary = true, now.Add(g.canaryEvery)
	}
}

// refusedUntil is when the next try under our version may be made; zero while WhatsApp takes it.
func (g *governor) refusedUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.outdated {
		return time.Time{}
	}
	return g.nextCanary
}

// failed notes a failure and returns how long the session should wait: anything up to a bound that doubles.
func (g *governor) failed(w domain.WorkspaceID) time.Duration { return g.failedFrom(w, backoffFirst) }

// failedFrom is failed with another first bound.
func (g *governor) failedFrom(w domain.WorkspaceID, first time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.failing[w]
	if known == nil {
		known = &troubles{}
		g.failing[w] = known
	}
	known.inRow++
	known.recent = append(known.recent, g.now())
	if n := len(known.recent); n > slowFailures+1 {
		known.recent = slices.Clone(known.recent[n-slowFailures-1:])
	}
	g.inRow++
	most := min(backoffMost, first<<min(known.inRow-1, 10))
	return time.Duration(g.rand() * float64(most))
}

func (g *governor) laneOf(w domain.WorkspaceID) int {
	known := g.failing[w]
	if known != nil && len(known.recent) > slowFailures && g.now().Sub(known.recent[0]) <= slowWindow {
		return slow
	}
	return usual
}

// steady says a session has been connected for a while: its next failure waits like a first one. How often it failed
// within the hour is kept.
func (g *governor) steady(w domain.WorkspaceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.failing[w]; known != nil {
		known.inRow = 0
	}
}

// forget drops the failures of a session that ended.
func (g *governor) forget(w domain.WorkspaceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.failing, w)
}

// outageEnds is closed when an outage ends. A try that has hung since before has only hangAfterOutage left.
func (g *governor) outageEnds() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.returned
}

// wait lets d pass, or less when an outage ends meanwhile. It says whether ctx is still alive.
func (g *governor) wait(ctx context.Context, d time.Duration) bool {
	returned := g.outageEnds()
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
