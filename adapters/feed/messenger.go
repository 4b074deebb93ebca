package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

// MessageHandler takes events, in order, and touches tables only, through w: the transaction that also moves their
// checkpoint. Mostly it gets what is left of a batch; where that fails it gets each event by itself.
type MessageHandler func(ctx context.Context, events []domain.Recorded, w projections.Writer) error

// messageVersion is the version of every message handler's checkpoint.
const messageVersion = 1

// messageBatch is how many messages share a transaction.
const messageBatch = 100

// messageGather is how long messages are left to come together on a busy log: see projections.Projection.
const messageGather = 250 * time.Millisecond

// messenger runs a handler on watermill-sql's own Subscriber, reading our events table through log and offsets adapters.
//
// What that Subscriber would do by itself, and how it is kept from it:
//   - a nack sends the message again inside the same transaction, with what the failed try wrote still in it: nothing is
//     ever nacked, every try runs in a savepoint, and trying again is done here;
//   - an SQL error leaves the transaction aborted for all further tries: the savepoint undoes it;
//   - a deadline that passes half-way commits half a message: there is no deadline;
//   - its order depends on the oldest running transaction of the whole server: ours is the log's own position;
//   - a connection lost while a message is handled would be retried on the dead transaction for ever: the transaction is
//     ended, the rest of the batch is waved through without effect, the acknowledgement at its end fails on the ended
//     transaction, and the batch is read again from the checkpoint.
//
// The first message of a transaction tries the whole batch at once, in one savepoint, and the others then have nothing left
// to do. When that fails, each message is tried by itself.
type messenger struct {
	*reader
	feed   *Feed
	handle MessageHandler
}

func newMessenger(f *Feed, r *reader, handle MessageHandler) *messenger {
	return &messenger{reader: r, feed: f, handle: handle}
}

func (m *messenger) join(router *message.Router) error {
	b := newBatches(m)
	never := noDeadline
	subscriber, err := wsql.NewSubscriber(wsql.BeginnerFromStdSQL(m.feed.config.DB.DB), wsql.SubscriberConfig{
		ConsumerGroup:  m.name,
		AckDeadline:    &never,
		BackoffManager: b,
		SchemaAdapter:  logSchema{b},
		OffsetsAdapter: logOffsets{b},
	}, m.feed.watermillLog())
	if err != nil {
		return fmt.Errorf("make a subscriber: %w", err)
	}
	handler := router.AddConsumerHandler(m.name, logTopic, b.bound(subscriber), func(msg *message.Message) error {
		return m.handleOne(msg, b)
	})
	handler.AddMiddleware(m.inSavepoint(b))
	return nil
}

func (m *messenger) handleOne(msg *message.Message, b *batches) error {
	w, err := m.writerOf(msg)
	if err != nil {
		return err
	}
	r, ok := b.event(msg)
	if !ok {
		return errors.New("the message is not of this batch")
	}
	if b.whole(msg) {
		return nil
	}
	return m.call(msg.Context(), w, []domain.Recorded{r})
}

// writerOf is the Subscriber's transaction in our clothes.
func (m *messenger) writerOf(msg *message.Message) (*writer, error) {
	tx, ok := wsql.TxFromContext(msg.Context())
	std, isStd := tx.(*wsql.StdSQLTx)
	if !ok || !isStd {
		return nil, errors.New("the message carries no transaction")
	}
	return &writer{tx: &sqlx.Tx{Tx: std.Tx, Mapper: m.feed.config.DB.Mapper}, known: m.feed.statements}, nil
}

// inSavepoint is the middleware that gives each try a savepoint of its own. It never fails, so nothing is ever nacked.
func (m *messenger) inSavepoint(b *batches) message.HandlerMiddleware {
	return func(next message.HandlerFunc) message.HandlerFunc {
		next = middleware.Recoverer(next) // a panic too has to go back to the savepoint
		return func(msg *message.Message) ([]*message.Message, error) {
			if err := m.try(msg, b, next); err != nil {
				m.abandon(msg, err)
			}
			return nil, nil
		}
	}
}

// try returns only errors that concern the whole transaction.
func (m *messenger) try(msg *message.Message, b *batches, next message.HandlerFunc) error {
	ctx := msg.Context()
	w, err := m.writerOf(msg)
	if err != nil {
		return err
	}
	if b.begins(msg) {
		err := savepoint(ctx, w, func() error { return m.call(ctx, w, b.from(msg)) })
		if isInfrastructure(err) {
			return err
		}
		b.tried(msg, err == nil)
	}
	if b.whole(msg) {
		_, err := next(msg)
		return err
	}
	attempt := func() error {
		return savepoint(ctx, w, func() error {
			_, err := next(msg)
			return err
		})
	}
	cause := attempt()
	for _, wait := range m.feed.config.Retries {
		if cause == nil || isInfrastructure(cause) {
			return cause
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		cause = attempt()
	}
	if cause == nil || isInfrastructure(cause) {
		return cause
	}
	return m.condemn(ctx, w, msg, b, cause)
}

// condemn makes the message a dead letter in the same transaction; the next one is taken.
func (m *messenger) condemn(ctx context.Context, w *writer, msg *message.Message, b *batches, cause error) error {
	r, ok := b.event(msg)
	if !ok {
		return cause
	}
	m.feed.blame(ctx, m.identity, r, cause)
	return addLetter(ctx, w.tx, m.identity, r, cause, 1+len(m.feed.config.Retries))
}

// abandon ends the transaction, so that nothing of the batch can be committed.
func (m *messenger) abandon(msg *message.Message, cause error) {
	ctx := msg.Context()
	if tx, ok := wsql.TxFromContext(ctx); ok {
		_ = tx.Rollback()
	}
	if ctx.Err() == nil && !errors.Is(cause, errEnded) {
		m.feed.metrics.troubled.WithLabelValues(m.name).Inc()
		m.feed.config.Logger.WarnContext(ctx, "a batch was interrupted and will be read again", "reader", m.name, "error", cause)
	}
}

// mend handles a stream's dead letters again.
func (m *messenger) mend(ctx context.Context, stream domain.StreamID) error {
	return m.feed.mendTables(ctx, m.reader, stream, func(w *writer, r domain.Recorded) error {
		return m.call(ctx, w, []domain.Recorded{r})
	})
}

func (m *messenger) call(ctx context.Context, w projections.Writer, events []domain.Recorded) (err error) {
	defer recovered(&err)
	for _, r := range events {
		if err := unreadable(r); err != nil {
			return err
		}
	}
	return m.handle(ctx, events, w)
}
