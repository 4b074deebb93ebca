package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// observer writes what happens to one workspace's connection into the log, under the epoch of its lease.
type observer struct {
	commands  Commands
	workspace domain.WorkspaceID
	epoch     int64
	metrics   *metrics
	log       *slog.Logger
	lost      func()            // the lease is lost: stop at once
	known     domain.Connection // as the log had it when we took the workspace
	connSeq   int64             // the number of the newest connection
}

// opens numbers a connection that is about to be made. What the log does not know of is numbered again after a restart.
func (o *observer) opens() int64 {
	o.connSeq = max(o.connSeq, o.known.ConnSeq) + 1
	return o.connSeq
}

// own is the evidence of what we know by ourselves.
func (o *observer) own() domain.Evidence { return domain.Evidence{Epoch: o.epoch} }

// seen is the evidence of what the library told on a connection; nil where it told nothing.
func (o *observer) seen(on int64, event any) domain.Evidence {
	how := o.own()
	if how.ConnSeq = on; event != nil {
		how.LibraryEvent = signalOf(event)
	}
	return how
}

// try records a fact and says where. It answers 0 when the log did not take it as news: somebody wishes otherwise by now.
func (o *observer) try(ctx context.Context, e domain.ConnectionEvent, id string) (int64, error) {
	position, err := o.commands.ObserveConnection(ctx, commands.ObserveConnection{
		Caller: commands.Caller{
			Actor: domain.Actor{Kind: domain.ActorWhatsApp}, CommandID: id, Epoch: o.epoch,
		},
		WorkspaceID: o.workspace, Event: e,
	})
	if errors.Is(err, commands.ErrFenced) {
		o.metrics.fenced.Inc()
		o.lost()
	}
	if err != nil {
		return 0, fmt.Errorf("observe %s: %w", e.EventType(), err)
	}
	return position, nil
}

// observe records a fact however long it takes; it gives up only when ctx ends or the lease is lost.
func (o *observer) observe(ctx context.Context, e domain.ConnectionEvent) (news bool, err error) {
	position, err := o.observeAt(ctx, e)
	return position > 0, err
}

// observeAt also says where.
func (o *observer) observeAt(ctx context.Context, e domain.ConnectionEvent) (position int64, err error) {
	id := uuid.NewString() // one for all tries, so that it is recorded once
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		position, err = o.try(ctx, e, id)
		if err == nil || errors.Is(err, commands.ErrFenced) {
			return position, err
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		o.log.WarnContext(ctx, "connection fact not recorded yet", "event", e.EventType(), "error", err)
		if !sleep(ctx, wait) {
			return 0, ctx.Err()
		}
	}
}
