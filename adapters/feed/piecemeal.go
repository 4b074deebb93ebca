package feed

import (
	"context"
	"fmt"

	"switchboard.example/domain"
)

// savepoint runs work so that a failure of it leaves the transaction as it was before.
func savepoint(ctx context.Context, w *writer, work func() error) error {
	if _, err := w.tx.ExecContext(ctx, "SAVEPOINT attempt"); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	err := work()
	if err == nil {
		_, err = w.tx.ExecContext(ctx, "RELEASE SAVEPOINT attempt") // fails if work kept an SQL error to itself
	}
	if err == nil {
		return nil
	}
	if _, undo := w.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt"); undo != nil {
		return fmt.Errorf("go back to the savepoint: %w", undo) // the transaction is lost, whatever the event was
	}
	return err
}

// piecemeal halves the page until the event that fails stands alone; that one becomes a dead letter and blocks its stream.
func (p *projector) piecemeal(ctx context.Context, w *writer, events []domain.Recorded, blocked map[string]bool) error {
	free, held := split(events, blocked)
	if err := holdBack(ctx, w.tx, p.identity, held); err != nil || len(free) == 0 {
		return err
	}
	err := savepoint(ctx, w, func() error { return p.call(ctx, w, free) })
	if err == nil || isInfrastructure(err) {
		return err
	}
	if len(free) == 1 {
		return p.condemn(ctx, w, free[0], blocked, err)
	}
	half := len(free) / 2
	if err := p.piecemeal(ctx, w, free[:half], blocked); err != nil {
		return err
	}
	return p.piecemeal(ctx, w, free[half:], blocked)
}

// patientFor is how many events of a page are tried again one by one. When more of them fail, it is not bad luck but the
// code, and pausing for each of a thousand would only hold up the rest.
const patientFor = 10

// condemn gives one event its last chances.
func (p *projector) condemn(ctx context.Context, w *writer, r domain.Recorded, blocked map[string]bool, cause error) error {
	retries := p.feed.config.Retries
	if p.condemned++; p.condemned > patientFor {
		retries = nil
	}
	for _, wait := range retries {
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		cause = savepoint(ctx, w, func() error { return p.call(ctx, w, []domain.Recorded{r}) })
		if cause == nil || isInfrastructure(cause) {
			return cause
		}
	}
	blocked[r.Stream.UUID()] = true
	p.feed.blame(ctx, p.identity, r, cause)
	return addLetter(ctx, w.tx, p.identity, r, cause, 1+len(retries))
}

// blame says it aloud, once; the metric and the list of blocked streams keep saying it.
func (f *Feed) blame(ctx context.Context, id identity, r domain.Recorded, cause error) {
	f.metrics.condemned.WithLabelValues(id.name).Inc()
	f.config.Logger.ErrorContext(ctx, "an event could not be handled and became a dead letter",
		"reader", id.name, "position", r.Position, "type", r.Type, "stream_id", r.Stream.UUID(), "trace_id", r.CorrelationID.TraceID(), "error", reason(cause))
}
