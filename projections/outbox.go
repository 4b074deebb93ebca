package projections

import (
	"context"
	"time"

	"switchboard.example/domain"
)

type replyKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	ReplyID     domain.ReplyID     `json:"reply_id"`
}

func (k replyKey) key() replyKey { return k }

// outboxRow is a reply that is queued and not settled. The words stay in the log: the sender folds them once more anyway.
type outboxRow struct {
	replyKey
	CustomerID domain.CustomerID `json:"customer_id"`
	WhatsAppID domain.MessageID  `json:"whatsapp_id"`
	Position   int64             `json:"position"`
	QueuedAt   *time.Time        `json:"queued_at"`
	Deadline   *time.Time        `json:"deadline"`
}

var outboxTable = newTable[replyKey, outboxRow]("read_outbox")

// Outbox is what waits to be sent.
func Outbox() Projection {
	return Projection{
		Name: "outbox", Version: 1, Gather: later, Tables: []string{"read_outbox"},
		Types: typesOf(domain.ReplyQueued{}, domain.ReplySent{}, domain.ReplyFailed{}, domain.ReplyCancelled{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return outboxTable.fold(ctx, w, page, touchOutbox, evolveOutbox)
		},
	}
}

func touchOutbox(r domain.Recorded) []replyKey {
	switch e := r.Event.(type) {
	case domain.ReplyQueued:
		return []replyKey{{e.WorkspaceID, e.ReplyID}}
	case domain.ReplySent:
		return []replyKey{{e.WorkspaceID, e.ReplyID}}
	case domain.ReplyFailed:
		return []replyKey{{e.WorkspaceID, e.ReplyID}}
	case domain.ReplyCancelled:
		return []replyKey{{e.WorkspaceID, e.ReplyID}}
	}
	return nil
}

func evolveOutbox(rows *rows[replyKey, outboxRow], r domain.Recorded) {
	for _, k := range touchOutbox(r) {
		e, queued := r.Event.(domain.ReplyQueued)
		if !queued {
			rows.remove(k)
			continue
		}
		rows.put(outboxRow{
			replyKey: k, CustomerID: e.CustomerID, WhatsAppID: e.WhatsAppID, Position: r.Position,
			QueuedAt: stored(e.QueuedAt), Deadline: stored(e.Deadline),
		})
	}
}

// OutboxItem names a reply that waits to be sent.
type OutboxItem struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	CustomerID  domain.CustomerID  `json:"customer_id"`
	ReplyID     domain.ReplyID     `json:"reply_id"`
	WhatsAppID  domain.MessageID   `json:"whatsapp_id"`
	QueuedAt    time.Time          `json:"queued_at"`
	Deadline    time.Time          `json:"deadline"`
}
