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
	reply, turn, wanted, err := h.gate(ctx, ref)
	if err != nil || !wanted {
		return domain.PendingReply{}, false, err
	}
	reply, err = h.withLink(ctx, turn, reply)
	return reply, err == nil, err
}

// WantedReply is the same gate before a reply is typed, which takes a moment: what it lets through still needs ReleaseReply.
func (h *Handler) WantedReply(ctx context.Context, ref ReplyRef) (domain.PendingReply, bool, error) {
	reply, _, wanted, err := h.gate(ctx, ref)
	return reply, wanted, err
}

// gate answers a pending reply that may leave, and cancels one that may not.
func (h *Handler) gate(ctx context.Context, ref ReplyRef) (domain.PendingReply, Turn, bool, error) {
	turn, _, err := h.loadTurn(ctx, AnswerTurn{WorkspaceID: ref.WorkspaceID, CustomerID: ref.CustomerID})
	if err != nil {
		return domain.PendingReply{}, turn, false, err
	}
	reply, pending := turn.Conversation.FindPending(ref.ReplyID)
	if !pending {
		return domain.PendingReply{}, turn, false, nil
	}
	// Nobody writes to the business itself, and an answer to a command was asked for.
	asked := len(reply.InReplyTo) > 0 || turn.Conversation.LastMessageAt.IsZero()
	reply.Invited = reply.Command && asked || turn.Conversation.Open(h.Now())
	reply.Answers = reply.Answers && turn.Workspace.Settings.ShowsRead()
	why := turn.Conversation.Gate(reply, turn.Workspace, h.Now())
	if turn.Customer.Forgotten {
		why = domain.ReasonErased
	}
	if why == "" && reply.Author == domain.AuthorBot && !reply.Command {
		if why, err = h.mayNot(ctx, turn); err != nil {
			return domain.PendingReply{}, turn, false, err
		}
	}
	if why == "" {
		return reply, turn, true, nil
	}
	if err := h.CancelReply(ctx, ref, why); err != nil || why != domain.ReasonRateLimited {
		return domain.PendingReply{}, turn, false, err
	}
	return domain.PendingReply{}, turn, false, h.alertLimit(ctx, ref.WorkspaceID)
}

// SignInReply is what the log keeps of a reply with a link to sign in. The link takes its place when the reply leaves: no
// secret enters the log.
const (
	SignInReply = "🔗 {one-time sign-in link, 10 min}"
	signInFor   = 10 * time.Minute
	noAccount   = "⚙️ This number has no account to sign in with. Ask the owner to add you by e-mail."
)

func (h *Handler) withLink(ctx context.Context, turn Turn, reply domain.PendingReply) (domain.PendingReply, error) {
	if !reply.Command || reply.Text != SignInReply || h.SignIn == nil {
		return reply, nil
	}
	member := turn.Workspace.Commander(turn.About.CustomerID)
	link, ok, err := h.SignIn.NewLink(ctx, turn.Workspace.ID, member, h.Now().Add(signInFor))
	if err != nil {
		return reply, fmt.Errorf("make a link to sign in: %w", err)
	}
	reply.Text = "🔗 " + link
	if !ok {
		reply.Text = noAccount
	}
	return reply, nil
}

// SentReply is a reply as it left, by the record of its being queued, for a phone that could not read it and asks again: with
// the message it was shown with, unless that had been taken back by then. A link to sign in leaves once only.
func (h *Handler) SentReply(ctx context.Context, queued domain.Recorded) (domain.PendingReply, bool, error) {
	e, ok := queued.Event.(domain.ReplyQueued)
	if !ok || queued.Forgotten || e.Text == SignInReply {
		return domain.PendingReply{}, false, nil
	}
	events, err := h.Store.Load(ctx, queued.Stream, queued.Version-1)
	if err != nil {
		return domain.PendingReply{}, false, fmt.Errorf("load a sent reply: %w", err)
	}
	var c domain.Conversation
	for _, r := range events {
		if next, ok := r.Event.(domain.ConversationEvent); ok {
			if sent, is := next.(domain.ReplySent); is && sent.ReplyID == e.ReplyID {
				break
			}
			c = c.Evolve(next)
		}
	}
	reply, found := c.FindPending(e.ReplyID)
	return reply, found, nil
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
	return h.overLimit(ctx, turn)
}

// newLinkFor is how long a newly linked number sends at half its limits, over all chats and in each.
const newLinkFor = 48 * time.Hour

// overLimit says whether the workspace has sent all its plan allows for one day.
func (h *Handler) overLimit(ctx context.Context, turn Turn) (domain.Reason, error) {
	w := turn.Workspace
	sent, err := h.Sent.RepliesSince(ctx, w.ID, h.Now().Add(-24*time.Hour))
	if err != nil {
		return "", fmt.Errorf("count replies sent: %w", err)
	}
	limit := w.Plan.DailyReplies()
	if sent < limit && (sent >= limit/2 || turn.Conversation.OverHalf(h.Now())) {
		link, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(w.ID))
		if err != nil {
			return "", err
		}
		if h.Now().Before(link.PairedAt.Add(newLinkFor)) {
			return domain.ReasonRateLimited, nil
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

// ReplyRetried records that WhatsApp refused the reply and that it goes once more.
func (h *Handler) ReplyRetried(ctx context.Context, ref ReplyRef, code string) error {
	return h.settle(ctx, ref, domain.Actor{Kind: domain.ActorWhatsApp}, domain.ReplyRetried{About: ref.about(), ReplyID: ref.ReplyID, Code: code, RetriedAt: h.Now()})
}

// ReplyFailed records that the reply was refused for good.
func (h *Handler) ReplyFailed(ctx context.Context, ref ReplyRef, code string) error {
	return h.settle(ctx, ref, domain.Actor{Kind: domain.ActorWhatsApp}, domain.ReplyFailed{About: ref.about(), ReplyID: ref.ReplyID, Code: code, FailedAt: h.Now()})
}

func (r ReplyRef) about() domain.About {
	return domain.About{WorkspaceID: r.WorkspaceID, CustomerID: r.CustomerID}
}

// settle appends how a reply fared, once per reply and kind of news.
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
