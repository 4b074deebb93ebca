package whatsapp

import (
	"cmp"
	"context"
	"maps"
	"runtime/pprof"
	"slices"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// reconcile compares the work list with the lives: of the workspaces named or, when none is, of all. It never waits for the network.
func (p *Pool) reconcile(ctx context.Context, of ...domain.WorkspaceID) {
	defer p.recovered("reconcile", nil)
	wanted, err := p.cfg.Desired.Desired(ctx, of...)
	if err != nil {
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "work list not read", "error", err)
		}
		return
	}
	if len(of) == 0 {
		p.divide(wanted)
	}
	listed := make(map[domain.WorkspaceID]struct{}, len(wanted))
	var own, free []Wanted
	for _, w := range wanted {
		listed[w.WorkspaceID] = struct{}{}
		if !p.reconcileOne(ctx, w) {
			continue
		}
		if _, ours := p.cfg.Leases.Epoch(w.WorkspaceID); ours {
			own = append(own, w)
		} else {
			free = append(free, w)
		}
	}
	p.takeAll(ctx, own, func() int { return len(own) })
	p.takeAll(ctx, free, p.room)
	for w, l := range p.unlisted(of, listed) {
		p.closeUnwanted(ctx, w, l)
	}
	p.removeUnlinked(ctx, of, listed)
	p.makeRoom()
}

// reconcileOne says whether a life is to be begun, if there is room.
func (p *Pool) reconcileOne(ctx context.Context, w Wanted) (begin bool) {
	p.mu.Lock()
	l, settled := p.lives[w.WorkspaceID], p.settled[w.WorkspaceID]
	foreign := p.cfg.Now().Before(p.foreign[w.WorkspaceID])
	p.mu.Unlock()
	switch {
	case l == nil:
		return !foreign && w.MayHold && settled < w.Requested
	case !w.MayHold:
		p.withdraw(ctx, w, l)
	case l.requested < w.Requested:
		l.cancel() // a newer wish; the next round begins with it
	}
	return false
}

// takeAtOnce is how many workspaces are taken by one question: few enough that the first connect while the next are read.
const takeAtOnce = 100

// room is how many more workspaces fall to this process.
func (p *Pool) room() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.share - len(p.lives)
}

// takeAll takes workspaces and begins their lives, those that were busy last first, while there is room. Those that turn out to
// be another process's take none.
func (p *Pool) takeAll(ctx context.Context, free []Wanted, room func() int) {
	slices.SortStableFunc(free, func(a, b Wanted) int {
		return cmp.Compare(p.lastTraffic(b.WorkspaceID), p.lastTraffic(a.WorkspaceID))
	})
	for len(free) > 0 && room() > 0 {
		some := free[:min(len(free), takeAtOnce)]
		free = free[len(some):]
		if err := p.take(ctx, some, room()); err != nil {
			if ctx.Err() == nil {
				p.log.DebugContext(ctx, "workspaces not taken", "error", err)
			}
			return // the next round tries again
		}
	}
}

// taken is a workspace that is ours now, as the log and the tables have it. Nobody else changes them any more, but for the
// owner's wishes.
type taken struct {
	epoch  int64
	known  domain.Connection
	link   link
	linked bool // there is a link
}

func (p *Pool) take(ctx context.Context, some []Wanted, most int) error {
	ids := make([]domain.WorkspaceID, len(some))
	for i, w := range some {
		ids[i] = w.WorkspaceID
	}
	epochs, err := p.cfg.Leases.Acquire(ctx, most, ids...)
	if err != nil {
		return err
	}
	ids = slices.Collect(maps.Keys(epochs))
	known, err := p.cfg.Commands.Connections(ctx, ids...)
	if err != nil {
		return err
	}
	links, err := p.links.of(ctx, ids)
	if err != nil {
		return err
	}
	for _, w := range some {
		t := taken{known: known[w.WorkspaceID]}
		ours := false
		if t.epoch, ours = epochs[w.WorkspaceID]; !ours {
			p.leave(w.WorkspaceID)
			continue
		}
		t.link, t.linked = links[w.WorkspaceID]
		p.begin(ctx, w, t)
	}
	return nil
}

// inNameOf labels this goroutine and all that it starts, the library's own among them: a panic that nobody can recover
// ends the process, and its trace says whose it was. The context has the label for goroutines that others start.
func inNameOf(ctx context.Context, w domain.WorkspaceID) context.Context {
	ctx = pprof.WithLabels(ctx, pprof.Labels(domain.CrashLabel, string(w)))
	pprof.SetGoroutineLabels(ctx)
	return ctx
}

// begin starts a life.
func (p *Pool) begin(ctx context.Context, w Wanted, t taken) {
	over := ctx.Done()
	ctx, cancel := context.WithCancel(ctx)
	l := &life{requested: w.Requested, since: p.cfg.Now(), cancel: cancel, over: over, done: make(chan struct{})}
	l.owned.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		cancel()
		return
	}
	p.lives[w.WorkspaceID] = l
	go func() {
		ctx := inNameOf(ctx, w.WorkspaceID)
		final := false
		defer close(l.done)
		defer cancel()
		defer func() { p.ended(ctx, w, l, final) }()
		defer p.recovered("session", nil)
		final = p.live(ctx, w, l, t)
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
	p.mu.Unlock()
	gives := p.gives(l)
	if gives {
		p.leave(w.WorkspaceID)
		p.giveBack(ctx, w.WorkspaceID)
	}
	if final || again || gives {
		p.stir(w.WorkspaceID)
	}
}

// unlisted are the lives, of the workspaces named or of all, that nobody wishes any more. A farewell is none: it is what comes
// after.
func (p *Pool) unlisted(of []domain.WorkspaceID, listed map[domain.WorkspaceID]struct{}) map[domain.WorkspaceID]*life {
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := map[domain.WorkspaceID]*life{}
	for w, l := range p.lives {
		if _, ok := listed[w]; !ok && !l.farewell && within(of, w) {
			gone[w] = l
		}
	}
	return gone
}

// within says whether a round is about the workspace: one of those named, or all.
func within(of []domain.WorkspaceID, w domain.WorkspaceID) bool {
	return len(of) == 0 || slices.Contains(of, w)
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
	known, err := p.connection(ctx, w)
	if err != nil || known.Desired {
		return
	}
	p.mu.Lock()
	p.look[w] = struct{}{}
	p.mu.Unlock()
	l.cancel()
}

// connection is what the log knows of a workspace's connection.
func (p *Pool) connection(ctx context.Context, w domain.WorkspaceID) (domain.Connection, error) {
	known, err := p.cfg.Commands.Connections(ctx, w)
	return known[w], err
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
	fact := domain.ConnectionDisconnected{WorkspaceID: w.WorkspaceID, Reason: why, DisconnectedAt: p.cfg.Now(), Evidence: o.own()}
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
func (p *Pool) removeUnlinked(ctx context.Context, of []domain.WorkspaceID, listed map[domain.WorkspaceID]struct{}) {
	p.mu.Lock()
	var candidates []domain.WorkspaceID
	for w := range p.look {
		if _, alive := p.lives[w]; alive || !within(of, w) {
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
			known, err = p.connection(ctx, w)
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
		ctx := inNameOf(ctx, w)
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
		epochs, err := p.cfg.Leases.Acquire(ctx, 1, w)
		epoch, ours := epochs[w]
		if err != nil || !ours {
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
