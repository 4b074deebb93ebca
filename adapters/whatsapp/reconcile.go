package whatsapp

import (
	"context"
	"runtime/pprof"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// reconcile compares the work list with the lives, once. It never waits for the network.
func (p *Pool) reconcile(ctx context.Context) {
	defer p.recovered("reconcile", nil)
	wanted, err := p.cfg.Desired.Desired(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "work list not read", "error", err)
		}
		return
	}
	p.divide(wanted)
	listed := make(map[domain.WorkspaceID]struct{}, len(wanted))
	for _, w := range wanted {
		listed[w.WorkspaceID] = struct{}{}
		p.reconcileOne(ctx, w)
	}
	for w, l := range p.unlisted(listed) {
		p.closeUnwanted(ctx, w, l)
	}
	p.removeUnlinked(ctx, listed)
	p.makeRoom()
}

func (p *Pool) reconcileOne(ctx context.Context, w Wanted) {
	_, ours := p.cfg.Leases.Epoch(w.WorkspaceID)
	p.mu.Lock()
	l, settled := p.lives[w.WorkspaceID], p.settled[w.WorkspaceID]
	leave := p.cfg.Now().Before(p.foreign[w.WorkspaceID]) || !ours && len(p.lives) >= p.share
	p.mu.Unlock()
	switch {
	case l == nil && leave:
	case l == nil && w.MayHold && settled < w.Requested:
		p.begin(ctx, w)
	case l != nil && !w.MayHold:
		p.withdraw(ctx, w, l)
	case l != nil && l.requested < w.Requested:
		l.cancel() // a newer wish; the next round begins with it
	}
}

// inNameOf labels this goroutine and all that it starts, the library's own among them: a panic that nobody can recover
// ends the process, and its trace says whose it was.
func inNameOf(ctx context.Context, w domain.WorkspaceID) {
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(domain.CrashLabel, string(w))))
}

// begin starts a life.
func (p *Pool) begin(ctx context.Context, w Wanted) {
	ctx, cancel := context.WithCancel(ctx)
	l := &life{requested: w.Requested, since: p.cfg.Now(), cancel: cancel, done: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		cancel()
		return
	}
	p.lives[w.WorkspaceID] = l
	go func() {
		inNameOf(ctx, w.WorkspaceID)
		final := false
		defer close(l.done)
		defer cancel()
		defer func() { p.ended(ctx, w, l, final) }()
		defer p.recovered("session", nil)
		final = p.live(ctx, w, l)
	}()
}

// ended removes a life from the books.
func (p *Pool) ended(ctx context.Context, w Wanted, l *life, final bool) {
	p.mu.Lock()
	delete(p.lives, w.WorkspaceID)
	if final {
		p.settled[w.WorkspaceID] = w.Requested
	}
	again := ctx.Err() != nil // cancelled: for a newer wish, or because it is not wanted; look at once
	gives := p.closed || l.yields.Load()
	p.mu.Unlock()
	if gives {
		p.leave(w.WorkspaceID)
		p.giveBack(ctx, w.WorkspaceID)
	}
	if final || again || gives {
		nudge(p.wake)
	}
}

// unlisted are the lives that nobody wishes any more. A farewell is none: it is what comes after.
func (p *Pool) unlisted(listed map[domain.WorkspaceID]struct{}) map[domain.WorkspaceID]*life {
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := map[domain.WorkspaceID]*life{}
	for w, l := range p.lives {
		if _, ok := listed[w]; !ok && !l.farewell {
			gone[w] = l
		}
	}
	return gone
}

// leave remembers that a workspace is another process's, so that it is not asked for at every round.
func (p *Pool) leave(w domain.WorkspaceID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.foreign[w] = p.cfg.Now().Add(askAgain + time.Duration(p.cfg.Rand()*float64(askAgain)))
}

// askAgain is how soon a workspace that another process owns is asked for again, at least; at most twice as long.
const askAgain = time.Second

// closeUnwanted closes what the list no longer has, if the log says so too: a list that was emptied or lags behind must not
// disconnect a thousand businesses.
func (p *Pool) closeUnwanted(ctx context.Context, w domain.WorkspaceID, l *life) {
	known, err := foldConnection(ctx, p.cfg.Connections, w)
	if err != nil || known.Desired {
		return
	}
	p.mu.Lock()
	p.look[w] = struct{}{}
	p.mu.Unlock()
	l.cancel()
}

// withdraw closes a connection that may not be held any more, and says so.
func (p *Pool) withdraw(ctx context.Context, w Wanted, l *life) {
	l.cancel()
	why := w.Why
	if why == "" {
		why = domain.ReasonPlanEnded
	}
	epoch, ours := p.cfg.Leases.Epoch(w.WorkspaceID)
	if !ours {
		return
	}
	o := p.observer(w.WorkspaceID, epoch, func() {})
	fact := domain.ConnectionDisconnected{WorkspaceID: w.WorkspaceID, Reason: why, DisconnectedAt: p.cfg.Now()}
	if _, err := o.try(ctx, fact, ""); err != nil {
		p.log.WarnContext(ctx, "closing not recorded", "error", err)
	}
}

// lookAtAll remembers to check every stored device once: one may have been unlinked while nobody was running.
func (p *Pool) lookAtAll(ctx context.Context) {
	all, err := p.links.all(ctx)
	if err != nil {
		p.log.WarnContext(ctx, "stored devices not listed", "error", err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range all {
		p.look[w] = struct{}{}
	}
}

// removeUnlinked logs devices out whose link the owner removed.
func (p *Pool) removeUnlinked(ctx context.Context, listed map[domain.WorkspaceID]struct{}) {
	p.mu.Lock()
	var candidates []domain.WorkspaceID
	for w := range p.look {
		if _, alive := p.lives[w]; alive {
			continue // look again when it has ended
		}
		delete(p.look, w)
		if _, wanted := listed[w]; !wanted && !p.closed {
			candidates = append(candidates, w)
		}
	}
	p.mu.Unlock()
	for _, w := range candidates {
		l, found, err := p.links.find(ctx, w)
		if err == nil && !found {
			continue
		}
		known := domain.Connection{}
		if err == nil {
			known, err = foldConnection(ctx, p.cfg.Connections, w)
		}
		if err != nil {
			p.Wake(w)
			continue
		}
		if !known.Linked && !known.Desired {
			p.beginFarewell(ctx, w, l)
		}
	}
}

// beginFarewell removes a device in a life of its own, so that nothing else is begun for the workspace meanwhile.
func (p *Pool) beginFarewell(ctx context.Context, w domain.WorkspaceID, device link) {
	ctx, cancel := context.WithCancel(ctx)
	l := &life{farewell: true, cancel: cancel, done: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lives[w] = l
	go func() {
		inNameOf(ctx, w)
		gone := false
		defer close(l.done)
		defer cancel()
		defer func() {
			p.mu.Lock()
			delete(p.lives, w)
			p.mu.Unlock()
			if !gone && ctx.Err() == nil {
				sleep(ctx, p.cfg.Timing.Poll)
				p.Wake(w)
			}
		}()
		defer p.recovered("farewell", nil)
		epoch, ok, err := p.cfg.Leases.Acquire(ctx, w)
		if err != nil || !ok {
			gone = err == nil // its owner does it
			return
		}
		gone = p.farewell(ctx, p.observer(w, epoch, cancel), device)
	}()
}

// deliverOutbox hands queued replies to the senders, again and again: what was forgotten by a restart is found here.
func (p *Pool) deliverOutbox(ctx context.Context) {
	tick := time.NewTicker(p.cfg.Timing.Poll)
	defer tick.Stop()
	for {
		p.readOutbox(ctx)
		select {
		case <-ctx.Done():
			return
		case <-p.outbox:
		case <-tick.C:
		}
	}
}

func (p *Pool) readOutbox(ctx context.Context) {
	defer p.recovered("outbox", nil)
	queued, err := p.cfg.Outbox.Queued(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "outbox not read", "error", err)
		}
		return
	}
	now := p.cfg.Now()
	for _, q := range queued {
		s := p.session(q.WorkspaceID)
		if s != nil && s.sender.online() {
			s.sender.add(q.ReplyRef)
			continue
		}
		if s != nil || !q.Deadline.IsZero() && now.After(q.Deadline) {
			p.cancelLate(ctx, q, now)
		}
	}
}

// cancelLate lets the last gate see a reply whose time has passed while there is nothing to send it over.
func (p *Pool) cancelLate(ctx context.Context, q Queued, now time.Time) {
	if q.Deadline.IsZero() || !now.After(q.Deadline) {
		return
	}
	ref := commands.ReplyRef{WorkspaceID: q.WorkspaceID, CustomerID: q.CustomerID, ReplyID: q.ReplyID}
	ref.Epoch, _ = p.cfg.Leases.Epoch(q.WorkspaceID)
	if _, _, err := p.cfg.Commands.ReleaseReply(ctx, ref); err != nil {
		p.log.WarnContext(ctx, "late reply not cancelled", "error", err)
	}
}
