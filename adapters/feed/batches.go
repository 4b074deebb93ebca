package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"switchboard.example/domain"
)

// noDeadline is watermill-sql's word for waiting until a message is handled.
const noDeadline time.Duration = 0

// errReadOnly answers what is never asked of adapters that only read.
var errReadOnly = errors.New("the log is written by its own function only")

// errEnded is what a statement in an ended transaction gets; why it ended was said before.
var errEnded = sql.ErrTxDone

// batches holds the events that the Subscriber may read next. They come from the shared tail, between two transactions:
// the Subscriber's own query then only locks the checkpoint and names positions, and nothing is read twice.
//
// It is the Subscriber's BackoffManager, which is asked after every transaction and may block: that is where it waits for
// new events, without polling.
type batches struct {
	*messenger

	mu       sync.Mutex
	ctx      context.Context //nolint:containedctx // the subscription's: the Subscriber asks its adapters without one
	page     []domain.Recorded
	byID     map[string]domain.Recorded
	reported int64 // the position others were told of

	tx   wsql.Tx // the transaction that tried its batch as a whole
	done bool    // and whether that succeeded

	failures int
	prepared time.Time // when the last page was, unless there is more at once
}

var _ wsql.BackoffManager = (*batches)(nil)

func newBatches(m *messenger) *batches {
	return &batches{messenger: m, ctx: context.Background()}
}

// bound hands the subscription's context to the adapters.
func (b *batches) bound(s message.Subscriber) message.Subscriber { return boundSubscriber{s, b} }

type boundSubscriber struct {
	message.Subscriber
	batches *batches
}

// Subscribe implements message.Subscriber.
func (s boundSubscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.batches.mu.Lock()
	s.batches.ctx = ctx
	s.batches.mu.Unlock()
	return s.Subscriber.Subscribe(ctx, topic)
}

// HandleError implements wsql.BackoffManager. It returns when there is something to read.
func (b *batches) HandleError(_ watermill.LoggerAdapter, _ bool, err error) time.Duration {
	b.mu.Lock()
	ctx := b.ctx
	b.mu.Unlock()
	if err == nil {
		err = b.prepare(ctx)
	}
	if err == nil || ctx.Err() != nil {
		b.failures = 0
		return 0
	}
	b.failures++
	b.feed.config.Logger.WarnContext(ctx, "could not read messages, trying again", "reader", b.name, "error", err)
	pause(ctx, backoff(troubleFirst, troubleLimit, b.failures))
	return 0
}

// prepare says how far the committed work is, then waits for the events that come after it.
func (b *batches) prepare(ctx context.Context) error {
	position, err := readCheckpoint(ctx, b.feed.config.DB, b.identity)
	if err != nil {
		return err
	}
	b.report(position)
	b.hurry.gather(ctx, messageGather-b.feed.config.Now().Sub(b.prepared))
	page, err := b.feed.tail.next(ctx, position, messageBatch, nil)
	if err != nil {
		return fmt.Errorf("wait for events: %w", err)
	}
	b.put(page)
	b.prepared = b.feed.config.Now()
	if len(page) == messageBatch { // who is behind does not wait
		b.prepared = time.Time{}
	}
	return nil
}

// report tells this process what was committed since it was last told.
func (b *batches) report(position int64) {
	b.reached.reach(position)
	if position == b.reported {
		return
	}
	b.reported = position
	b.mu.Lock()
	workspaces := workspacesOf(upTo(b.page, position))
	b.mu.Unlock()
	b.feed.audience.tell(Change{Projection: b.name, Workspaces: workspaces, Position: position})
}

func upTo(page []domain.Recorded, position int64) []domain.Recorded {
	n := 0
	for n < len(page) && page[n].Position <= position {
		n++
	}
	return page[:n]
}

func (b *batches) put(page []domain.Recorded) {
	byID := make(map[string]domain.Recorded, len(page))
	for _, r := range page {
		byID[string(r.ID)] = r
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.page, b.byID = page, byID
}

// bounds are the positions that may be read now; before the first page they allow none.
func (b *batches) bounds() (first, last int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.page) == 0 {
		return 1, 0
	}
	return b.page[0].Position, b.page[len(b.page)-1].Position
}

func (b *batches) at(position int64) (domain.Recorded, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.page) == 0 {
		return domain.Recorded{}, false
	}
	i := position - b.page[0].Position // positions have no gaps
	if i < 0 || i >= int64(len(b.page)) {
		return domain.Recorded{}, false
	}
	return b.page[i], true
}

// event is what a message is about. The Subscriber sets the message's context itself, so it cannot travel there.
func (b *batches) event(msg *message.Message) (domain.Recorded, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.byID[msg.UUID]
	return r, ok
}

// from are the events that a message and those after it are about.
func (b *batches) from(msg *message.Message) []domain.Recorded {
	b.mu.Lock()
	defer b.mu.Unlock()
	first, ok := b.byID[msg.UUID]
	if !ok {
		return nil
	}
	return b.page[first.Position-b.page[0].Position:] // positions have no gaps
}

// begins says whether nothing of the message's transaction was tried yet.
func (b *batches) begins(msg *message.Message) bool {
	tx, _ := wsql.TxFromContext(msg.Context())
	b.mu.Lock()
	defer b.mu.Unlock()
	return tx != b.tx
}

// tried notes how the message's transaction took its batch as a whole.
func (b *batches) tried(msg *message.Message, done bool) {
	tx, _ := wsql.TxFromContext(msg.Context())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tx, b.done = tx, done
}

// whole says whether the message's transaction has taken its batch as a whole.
func (b *batches) whole(msg *message.Message) bool {
	tx, _ := wsql.TxFromContext(msg.Context())
	b.mu.Lock()
	defer b.mu.Unlock()
	return tx == b.tx && b.done
}

// hintUpTo is the notification for other processes.
func (b *batches) hintUpTo(position int64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	change := Change{Projection: b.name, Workspaces: workspacesOf(upTo(b.page, position)), Position: position}
	return change.hint(b.feed.config.Node)
}
