package main

import (
	"context"
	"sync"
	"time"
)

// A shown status may be wrong for so long.
const (
	wrongFor         = 5 * time.Second
	wrongForHalfOpen = 45 * time.Second
)

// watched is how many lines are looked at while faults strike, each about once in lookAtAll.
const (
	watched   = 40
	lookAtAll = time.Second
)

// lie is a time during which a line was shown as what it was not.
type lie struct {
	Number   string        `json:"number"`
	Shown    string        `json:"shown"`
	Online   bool          `json:"online"` // what was true
	HalfOpen bool          `json:"half_open"`
	Began    time.Duration `json:"began"`
	Took     time.Duration `json:"took"` // between looks, so it may be short or long by one of them
}

func (l lie) limit() time.Duration {
	if l.HalfOpen {
		return wrongForHalfOpen
	}
	return wrongFor
}

// honesty looks at what is shown and at what is true, all the time.
type honesty struct {
	site *site

	mu    sync.Mutex
	ice   map[int]time.Time // lines that were frozen, and when
	open  map[int]*lie
	lies  []lie
	looks int
	last  time.Duration // when the last look was
}

func newHonesty(s *site) *honesty {
	return &honesty{site: s, ice: map[int]time.Time{}, open: map[int]*lie{}}
}

// frozen is told that a line is half open from now on: it is not there, though no end of it has closed it.
func (h *honesty) frozen(shop int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ice[shop] = time.Now()
}

// watch looks until ctx ends. A look that fails shows nothing to anybody and says nothing.
func (h *honesty) watch(ctx context.Context) {
	n := min(len(h.site.shops), watched)
	tick := time.NewTicker(lookAtAll / time.Duration(n))
	defer tick.Stop()
	var all sync.WaitGroup
	busy := make(chan struct{}, 8) // a server that hangs is not asked ever more
	for i := 0; ; i = (i + 1) % n {
		select {
		case <-ctx.Done():
			all.Wait()
			return
		case <-tick.C:
		}
		select {
		case busy <- struct{}{}:
			all.Go(func() {
				h.look(ctx, i)
				<-busy
			})
		default:
		}
	}
}

// look compares one line; one that changed meanwhile is left for the next time.
func (h *honesty) look(ctx context.Context, shop int) {
	one := h.site.shops[shop]
	before, err := h.online(ctx, shop)
	if err != nil {
		return
	}
	shown, err := one.owner.Connection(ctx)
	if err != nil {
		h.forget(shop)
		return
	}
	after, err := h.online(ctx, shop)
	if err != nil || before != after {
		return
	}
	h.note(shop, shown.WhatsappConnectionStatus, after)
}

// online is whether the local WhatsApp has the line's device, and the line is not frozen. While the local WhatsApp is away no
// line is.
func (h *honesty) online(ctx context.Context, shop int) (bool, error) {
	number := h.site.shops[shop].number
	devices, err := h.site.phones.devices(ctx, number)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil || len(devices) != 1 || !devices[0].Online {
		return false, nil //nolint:nilerr // it cannot be reached, by the product neither
	}
	h.mu.Lock()
	since, frozen := h.ice[shop]
	h.mu.Unlock()
	if !frozen {
		return true, nil
	}
	j, err := h.site.phones.judge(ctx, number)
	if err != nil {
		return false, err
	}
	for _, c := range j.Connections {
		if c.OpenedAt.After(since) {
			h.mu.Lock()
			delete(h.ice, shop)
			h.mu.Unlock()
			return true, nil
		}
	}
	return false, nil
}

func (h *honesty) note(shop int, shown string, online bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks++
	now := h.site.history.since()
	h.last = now
	l := h.open[shop]
	honest := online == (shown == "connected")
	if l != nil && (honest || l.Online != online) { // what is true changed, and what is shown has time again
		l.Took = now - l.Began
		h.lies = append(h.lies, *l)
		delete(h.open, shop)
	}
	if !honest && h.open[shop] == nil {
		_, frozen := h.ice[shop]
		h.open[shop] = &lie{Number: h.site.shops[shop].number, Shown: shown, Online: online, HalfOpen: frozen, Began: now}
	}
}

// forget ends what was wrong about a line that nobody is shown any more.
func (h *honesty) forget(shop int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, shop)
}

// told returns the lies, also those that go on.
func (h *honesty) told() ([]lie, int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := append([]lie(nil), h.lies...)
	for _, l := range h.open {
		l.Took = h.last - l.Began
		all = append(all, *l)
	}
	return all, h.looks
}

// tookOf returns how long the lies took about lines that were half open, or about the others.
func tookOf(lies []lie, halfOpen bool) (took []time.Duration) {
	for _, l := range lies {
		if l.HalfOpen == halfOpen {
			took = append(took, l.Took)
		}
	}
	return took
}
