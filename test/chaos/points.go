package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"switchboard.example/test/rig"
)

// points tells the server at each start at which instruction it shall end itself, and counts where it did.
type points struct {
	plan    plan
	history *history

	mu     sync.Mutex
	peace  bool // from now on it shall live
	dice   *rand.Rand
	starts int
}

func newPoints(p plan, h *history) *points {
	return &points{plan: p, history: h, peace: true, dice: dice(p.Seed, 200)}
}

// mostPassed is how often a point may be passed before it strikes, so that there is something behind and before it.
const mostPassed = 6

// atPoint is what the history calls an end at a point.
const atPoint = "the server ended itself "

func (p *points) tags() []string {
	if p.plan.has(faultPoints) {
		return []string{"-tags", "failpoints"}
	}
	return nil
}

// next is the setting for the next start: each point in its turn.
func (p *points) next() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.peace || !p.plan.has(faultPoints) {
		return nil
	}
	point := p.plan.Points[p.starts%len(p.plan.Points)]
	p.starts++
	return []string{fmt.Sprintf("SWITCHBOARD_FAILPOINT=%s:%d", point, 1+p.dice.IntN(mostPassed))}
}

func (p *points) rage(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peace = !on
}

// struck says whether a process ended at a point, and counts it.
func (p *points) struck(process *rig.Process) bool { return p.during(errPrinted(process.Output())) }

type errPrinted string

func (e errPrinted) Error() string { return string(e) }

// during says whether what was printed tells of an end at a point.
func (p *points) during(err error) bool {
	_, after, found := strings.Cut(err.Error(), "failpoint ")
	if !found {
		return false
	}
	point, _, _ := strings.Cut(after, "\n")
	p.history.add(atPoint+point, nil)
	return true
}
