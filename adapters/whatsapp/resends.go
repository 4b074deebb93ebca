package whatsapp

import (
	"context"
	"sync"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

const (
	mostResends = 5    // of one reply
	resendsKept = 1000 // replies that are counted; when there are more, counting begins anew
)

// resends counts how often replies were encrypted once more because a phone could not read them, and how far that phone's own
// count had come.
type resends struct {
	mu sync.Mutex
	of map[types.MessageID]resend
}

type resend struct {
	times int // it was encrypted once more
	asked int // the highest count a phone named
}

// allow says whether a reply may be encrypted once more, and counts it.
func (r *resends) allow(id types.MessageID) bool {
	allowed := false
	r.change(id, func(of resend) resend {
		if allowed = of.times < mostResends; allowed {
			of.times++
		}
		return of
	})
	return allowed
}

// asked says whether a customer's phone's count has risen: it may name one again and again. What it names is held to what a phone can mean.
func (r *resends) asked(id types.MessageID, count int) (held int, risen bool) {
	held = min(max(count, 1), domain.MostRetryRequests)
	r.change(id, func(of resend) resend {
		risen = held > of.asked
		of.asked = max(held, of.asked)
		return of
	})
	return held, risen
}

func (r *resends) change(id types.MessageID, to func(resend) resend) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil || len(r.of) >= resendsKept {
		r.of = map[types.MessageID]resend{}
	}
	r.of[id] = to(r.of[id])
}

// beforeRetry is called before the library encrypts a reply once more for a phone that could not read it. A phone that still
// cannot read after so many tries never will. The count is the phone's own.
func (c *conn) beforeRetry(e *events.Receipt, id types.MessageID, count int, _ *waE2E.Message) bool {
	c.session.pool.metrics.retryReceipts.Inc()
	if !e.IsFromMe && personal(e.MessageSource) {
		if held, risen := c.session.resends.asked(id, count); risen {
			c.retryRequested(e, id, held)
		}
	}
	return c.session.resends.allow(id)
}

// retryRequested records that a customer's phone could not read a reply.
func (c *conn) retryRequested(e *events.Receipt, id types.MessageID, count int) {
	s := c.session
	s.aside("a reply that could not be read", func(ctx context.Context) error {
		other, err := s.lids.otherAddress(ctx, e.MessageSource)
		if err != nil {
			return err
		}
		return s.pool.cfg.Commands.ReceiveRetryRequest(ctx, commands.RetryRequest{
			WorkspaceID: s.workspace, Epoch: s.epoch, From: person(e.Chat, other, ""), MessageID: domain.MessageID(id), Count: count, At: e.Timestamp,
		})
	})
}
