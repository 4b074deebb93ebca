package whatsapp

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"switchboard.example/domain"
)

// Several processes share the workspaces evenly: each takes as many as fall to it and no more, and one that has more, since
// another process joined, gives some back, those with the quietest connections first. Together the shares are never fewer
// than the workspaces, so that nothing is left over.

// divide works out this process's share of what is wanted.
func (p *Pool) divide(wanted []Wanted) {
	held := 0
	for _, w := range wanted {
		if w.MayHold {
			held++
		}
	}
	nodes := 1 + p.cfg.Leases.Others()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = max(1, (held+nodes-1)/nodes)
}

const (
	yieldAfter = 10 * time.Second // how long it must be too much, and how long a session stays at least
	yieldPart  = 20               // of what is too much, the part that goes at each round; at least one
)

// makeRoom gives some of what is too much to other processes.
func (p *Pool) makeRoom() {
	p.mu.Lock()
	defer p.mu.Unlock()
	excess := -p.share
	var quiet []*life
	for _, l := range p.lives {
		if l.owned.Load() && !l.yields.Load() {
			excess++
			if s := l.current(); s != nil && s.sender.idle() && p.cfg.Now().Sub(l.since) >= yieldAfter {
				quiet = append(quiet, l)
			}
		}
	}
	now := p.cfg.Now()
	if excess <= 0 || p.closed || p.cfg.Leases.Others() == 0 {
		p.tooMany = time.Time{}
		return
	}
	if p.tooMany.IsZero() {
		p.tooMany = now
	}
	if now.Sub(p.tooMany) < yieldAfter {
		return
	}
	slices.SortFunc(quiet, func(a, b *life) int { return cmp.Compare(a.quietSince(), b.quietSince()) })
	for _, l := range quiet[:min(len(quiet), 1+excess/yieldPart, excess)] {
		l.yields.Store(true)
		l.cancel()
	}
}

// quietSince orders sessions by when they last had a message.
func (l *life) quietSince() int64 {
	if s := l.current(); s != nil {
		return s.busyAt.Load()
	}
	return 0
}

// How fast sessions are handed over when this process ends: about as fast as others connect them, and never so slowly
// that the time for stopping runs out.
const (
	handOverEvery  = 20 * time.Millisecond
	handOverWithin = 12 * time.Second
)

// HandOver gives all workspaces back, one after the other, so that each is away only for as long as another process needs
// to connect it. With nobody to take them it ends them all at once.
func (p *Pool) HandOver(ctx context.Context) {
	lives := p.shut()
	every := time.Duration(0)
	if p.cfg.Leases.Others() > 0 {
		every = min(handOverEvery, handOverWithin/time.Duration(max(1, len(lives))))
	}
	var ending sync.WaitGroup
	for _, l := range lives {
		if !sleep(ctx, every) {
			break
		}
		l.cancel()
		ending.Go(func() { <-l.done })
	}
	for _, l := range lives {
		l.cancel()
	}
	ending.Wait()
}

// gives says whether a life ends so that another process can go on.
func (p *Pool) gives(l *life) bool {
	select {
	case <-l.over:
		return true
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed || l.yields.Load()
}

// releaseWithin bounds what the next process waits for: the log can do without.
const releaseWithin = time.Second

// release records that the connection was let go of, if it was up. One try is enough, and none while the log takes nothing.
func (s *session) release(ctx context.Context) {
	if s.upAt.Load() == 0 || s.pool.LogAway() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	fact := domain.ConnectionReleased{WorkspaceID: s.workspace, ReleasedAt: s.pool.cfg.Now(), Evidence: s.own()}
	fact.ConnSeq = s.connSeq
	if _, err := s.try(ctx, fact, ""); err != nil {
		s.log.WarnContext(ctx, "letting go not recorded", "error", err)
	}
}

// giveBack lets another process have the workspace, now that nothing of ours touches it any more.
func (p *Pool) giveBack(ctx context.Context, w domain.WorkspaceID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := p.cfg.Leases.Release(ctx, w); err != nil {
		p.log.WarnContext(ctx, "lease not released", "error", err)
	}
}
