package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

const (
	// flushEvery bounds how long a checkpoint may stay behind events that are not the projection's business.
	flushEvery = time.Second
	// stopGrace is how long the last writes may take when the feed stops.
	stopGrace = 3 * time.Second
	// The pauses after a failure of the machinery.
	troubleFirst = 20 * time.Millisecond
	troubleLimit = 5 * time.Second
)

// projector applies the log to one read model.
//
// A page is first applied as a whole. Only when that fails is it applied again piece by piece under savepoints, to find
// the event that is to blame; so the usual page pays for no subtransaction.
type projector struct {
	*reader
	projections.Projection
	feed  *Feed
	types map[string]bool
	once  map[string]bool // that are never left to gather
	pages pager
	took  prometheus.Observer

	outdated bool // the tables hold what another version wrote

	durable int64 // where the table's checkpoint is
	seen    int64 // up to here everything is applied or not our business; never less than durable
	flush   <-chan time.Time

	applied time.Time // when the last page was, unless there is more at once

	condemned int // events of the page at hand that failed on their own
}

func newProjector(f *Feed, r *reader, p projections.Projection) *projector {
	return &projector{
		reader: r, Projection: p, feed: f, types: setOf(p.Types), once: setOf(p.AtOnce),
		pages: pager{tail: f.tail, limit: f.config.PageSize},
		took:  f.metrics.applied.WithLabelValues(p.Name),
	}
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// ofTypes returns the events whose type is in the set; an empty set means every type.
func ofTypes(page []domain.Recorded, types map[string]bool) []domain.Recorded {
	if len(types) == 0 {
		return page
	}
	var picked []domain.Recorded
	for _, r := range page {
		if types[r.Type] {
			picked = append(picked, r)
		}
	}
	return picked
}

// run applies until ctx ends.
func (p *projector) run(ctx context.Context) {
	p.renew(ctx)
	p.settle(ctx)
	failures := 0
	for ctx.Err() == nil {
		err := p.step(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			failures = 0
		case errors.Is(err, errMoved):
			p.settle(ctx)
		default:
			failures++
			p.feed.metrics.troubled.WithLabelValues(p.name).Inc()
			p.feed.config.Logger.WarnContext(ctx, "could not apply a page, trying again",
				"projection", p.name, "after", p.seen, "failures", failures, "error", err)
			pause(ctx, backoff(troubleFirst, troubleLimit, failures))
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if err := p.skip(last); err != nil && !errors.Is(err, errMoved) {
		p.feed.config.Logger.WarnContext(last, "could not write a last checkpoint", "projection", p.name, "error", err)
	}
}

// renew rebuilds tables that another version of the read model wrote. They are served as they are meanwhile.
func (p *projector) renew(ctx context.Context) {
	c := BesideConfig{Log: p.feed.config.Log, DB: p.feed.config.DB, DSN: p.feed.config.DSN, Logger: p.feed.config.Logger}
	for failures := 1; p.outdated && ctx.Err() == nil; failures++ {
		err := Rebuild(ctx, c, PagedModel(p.Projection))
		if err == nil {
			return
		}
		p.feed.config.Logger.WarnContext(ctx, "could not rebuild an outdated read model yet", "projection", p.name, "error", err)
		pause(ctx, backoff(troubleFirst, troubleLimit, failures))
		_, err = readCheckpoint(ctx, p.feed.config.DB, p.identity)
		p.outdated = err != nil // else another process did it
	}
}

// settle goes on from where the checkpoint is now.
func (p *projector) settle(ctx context.Context) {
	for failures := 1; ctx.Err() == nil; failures++ {
		err := p.reload(ctx)
		if err == nil {
			return
		}
		p.feed.config.Logger.WarnContext(ctx, "could not read a checkpoint", "projection", p.name, "error", err)
		pause(ctx, backoff(troubleFirst, troubleLimit, failures))
	}
}

func (p *projector) reload(ctx context.Context) error {
	position, err := readCheckpoint(ctx, p.feed.config.DB, p.identity)
	if err != nil {
		return err
	}
	p.durable, p.seen, p.flush = position, position, nil
	p.committed(Change{Projection: p.name, Position: position})
	return nil
}

// committed tells everybody in this process.
func (p *projector) committed(c Change) {
	p.reached.reach(p.seen)
	p.feed.audience.tell(c)
}

// step takes one page.
func (p *projector) step(ctx context.Context) error {
	p.gather(ctx)
	page, err := p.pages.next(ctx, p.seen, p.flush)
	if err != nil {
		return err
	}
	if len(page) == 0 {
		return p.skip(ctx)
	}
	last := page[len(page)-1].Position
	if mine := ofTypes(page, p.types); len(mine) > 0 {
		p.applied = time.Time{}
		if len(page) < p.pages.limit { // who is behind does not wait
			p.applied = p.feed.config.Now()
		}
		return p.apply(ctx, mine, last)
	}
	return p.pass(ctx, last)
}

// gather lets events come together, until one is there that is not to wait.
func (p *projector) gather(ctx context.Context) {
	rest := p.Gather - p.feed.config.Now().Sub(p.applied)
	if rest <= 0 {
		return
	}
	if len(p.once) == 0 {
		p.hurry.gather(ctx, rest)
		return
	}
	ctx, stop := context.WithTimeout(ctx, rest)
	defer stop()
	go func(after int64) {
		if p.feed.tail.brings(ctx, after, p.once) {
			stop()
		}
	}(p.seen)
	p.hurry.gather(ctx, rest)
}

// pass notes that nothing up to a position is our business. The table hears of it a little later, so that a busy log does
// not cost every idle projection a write per page.
func (p *projector) pass(ctx context.Context, to int64) error {
	p.seen = to
	p.reached.reach(to)
	if p.flush == nil {
		p.flush = time.NewTimer(flushEvery).C
	}
	select {
	case <-p.flush:
		return p.skip(ctx)
	default:
		return nil
	}
}

// skip makes durable what pass noted.
func (p *projector) skip(ctx context.Context) error {
	p.flush = nil
	if p.seen == p.durable {
		return nil
	}
	if err := skipTo(ctx, p.feed.config.DB, p.identity, p.durable, p.seen); err != nil {
		return err
	}
	p.durable = p.seen
	return nil
}

// apply folds the events into the tables and moves the checkpoint, both or neither.
func (p *projector) apply(ctx context.Context, mine []domain.Recorded, to int64) error {
	began := p.feed.config.Now()
	err := p.transact(ctx, mine, to, p.whole)
	if err != nil && !isInfrastructure(err) && !errors.Is(err, errMoved) {
		p.condemned = 0
		err = p.transact(ctx, mine, to, p.piecemeal)
	}
	if err != nil {
		return err
	}
	p.took.Observe(p.feed.config.Now().Sub(began).Seconds())
	p.durable, p.seen, p.flush = to, to, nil
	p.committed(Change{Projection: p.name, Workspaces: workspacesOf(mine), Position: to})
	return nil
}

// attempt is one way of applying the events that are not held back.
type attempt func(ctx context.Context, w *writer, free []domain.Recorded, blocked map[string]bool) error

// transact is the transaction that rows and checkpoint share.
func (p *projector) transact(ctx context.Context, mine []domain.Recorded, to int64, try attempt) error {
	change := Change{Projection: p.name, Workspaces: workspacesOf(mine), Position: to}
	return p.feed.inTx(ctx, func(w *writer) error {
		letters, err := advanceTo(ctx, w, p.identity, p.durable, to, change.hint(p.feed.config.Node))
		if err != nil {
			return err
		}
		blocked := map[string]bool{}
		if letters {
			if blocked, err = blockedStreams(ctx, w.tx, p.identity); err != nil {
				return err
			}
		}
		free, held := split(mine, blocked)
		if err := holdBack(ctx, w.tx, p.identity, held); err != nil {
			return err
		}
		return try(ctx, w, free, blocked)
	})
}

// split parts the events of blocked streams from the others.
func split(events []domain.Recorded, blocked map[string]bool) (free, held []domain.Recorded) {
	if len(blocked) == 0 {
		return events, nil
	}
	for _, r := range events {
		if blocked[r.Stream.UUID()] {
			held = append(held, r)
		} else {
			free = append(free, r)
		}
	}
	return free, held
}

// whole applies all events at once.
func (p *projector) whole(ctx context.Context, w *writer, free []domain.Recorded, _ map[string]bool) error {
	if len(free) == 0 {
		return nil
	}
	return p.call(ctx, w, free)
}

// call is Apply with panics turned into errors.
func (p *projector) call(ctx context.Context, w projections.Writer, events []domain.Recorded) (err error) {
	defer recovered(&err)
	if err := unreadable(events...); err != nil {
		return err
	}
	if err := p.Apply(ctx, events, w); err != nil {
		return fmt.Errorf("apply %s: %w", p.name, err)
	}
	return nil
}

// mend applies a stream's dead letters again.
func (p *projector) mend(ctx context.Context, stream domain.StreamID) error {
	return p.feed.mendTables(ctx, p.reader, stream, func(w *writer, r domain.Recorded) error {
		return p.call(ctx, w, []domain.Recorded{r})
	})
}
