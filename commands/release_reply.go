package commands

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// ReplyRef names a queued reply.
type ReplyRef struct {
	WorkspaceID domain.WorkspaceID
	CustomerID  domain.CustomerID
	ReplyID     domain.ReplyID
	Epoch       int64
}

// ReleaseReply is the last gate before a reply leaves: it folds once more and answers the reply to send now, or false when
// it is settled already or was cancelled here, with the reason in the log.
func (h *Handler) ReleaseReply(ctx context.Context, ref ReplyRef) (domain.PendingReply, bool, error) {
	turn, _, err := h.loadTurn(ctx, AnswerTurn{WorkspaceID: ref.WorkspaceID, CustomerID: ref.CustomerID})
	if err != nil {
		return domain.PendingReply{}, false, err
	}
	reply, pending := turn.Conversation.FindPending(ref.ReplyID)
	if !pending {
		return domain.PendingReply{}, false, nil
	}
	why := turn.Conversation.Gate(reply, turn.Workspace, h.Now())
	if why == "" && reply.Author == domain.AuthorBot && !reply.Command {
		if why, err = h.mayNot(ctx, turn); err != nil {
			return domain.PendingReply{}, false, err
		}
	}
	if why == "" {
		return reply, true, nil
	}
	return domain.PendingReply{}, false, h.CancelReply(ctx, ref, why)
}

// mayNot is why the bot may not write to this customer at all, or not now.
func (h *Handler) mayNot(ctx context.Context, turn Turn) (domain.Reason, error) {
	switch why := turn.Workspace.LeavesAlone(turn.Customer); {
	case why != "":
		return why, nil
	case !h.Pacing:
		return "", nil
	case turn.Conversation.OverLimit(h.Now()):
		return domain.ReasonRateLimited, nil
	}
	return h.overLimit(ctx, turn.Workspace)
}

// newLinkFor is how long a newly linked number sends at half its limit.
const newLinkFor = 48 * time.Hour

// overLimit says whether the workspace has sent all its plan allows for one day.
func (h *Handler) overLimit(ctx context.Context, w domain.Workspace) (domain.Reason, error) {
	sent, err := h.Sent.RepliesSince(ctx, w.ID, h.Now().Add(-24*time.Hour))
	if err != nil {
		return "", fmt.Errorf("count replies sent: %w", err)
	}
	limit := w.Plan.DailyReplies()
	if sent >= limit/2 && sent < limit {
		link, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(w.ID))
		if err != nil {
			return "", err
		}
		if h.Now().Before(link.PairedAt.Add(newLinkFor)) {
			limit /= 2
		}
	}
	if sent >= limit {
		return domain.ReasonRateLimited, nil
	}
	return "", nil
}

// CancelReply records that a queued reply will not be sent.
func (h *Handler) CancelReply(ctx context.Context, ref ReplyRef, why domain.Reason) error {
	return h.settle(ctx, ref, domain.Actor{Kind: domain.ActorSystem}, domain.ReplyCancelled{About: ref.about(), ReplyID: ref.ReplyID, Reason: why, CancelledAt: h.Now()})
}

// ReplySent records that WhatsApp's server took the reply.
func (h *Handler) ReplySent(ctx context.Context, ref ReplyRef, at time.Time) error {
	return h.settle(ctx, ref, domain.Actor{Kind: domain.ActorWhatsApp}, domain.ReplySent{About: ref.about(), ReplyID: ref.ReplyID, SentAt: at})
}

// ReplyFailed records that the reply was refused for good.
func (h *Handler) ReplyFailed(ctx context.Context, ref ReplyRef, code string) error {
	return h.settle(ctx, ref, domain.Actor{Kind: domain.ActorWhatsApp}, domain.ReplyFailed{About: ref.about(), ReplyID: ref.ReplyID, Code: code, FailedAt: h.Now()})
}

func (r ReplyRef) about() domain.About {
	return domain.About{WorkspaceID: r.WorkspaceID, CustomerID: r.CustomerID}
}

// settle appends how a reply ended, once per reply and ending.
func (h *Handler) settle(ctx context.Context, ref ReplyRef, actor domain.Actor, e domain.ConversationEvent) error {
	who := Caller{Actor: actor, Epoch: ref.Epoch}
	_, err := h.append(ctx, who, ref.WorkspaceID, Part{
		Stream:   domain.ConversationStream(ref.WorkspaceID, ref.CustomerID),
		Expected: AnyVersion,
		Events:   h.one(domain.DeriveID(string(ref.ReplyID), e.EventType()), e),
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", e.EventType(), err)
	}
	return nil
}
