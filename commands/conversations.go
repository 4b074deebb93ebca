package commands

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard.example/domain"
)

// InConversation asks for something in the chat with one customer.
type InConversation struct {
	Caller
	WorkspaceID domain.WorkspaceID
	CustomerID  domain.CustomerID
}

func (c InConversation) about() domain.About {
	return domain.About{WorkspaceID: c.WorkspaceID, CustomerID: c.CustomerID}
}

var errNoConversation = domain.Refuse(domain.NotFound, "conversation.not_found", "There is no such conversation.")

func (h *Handler) inConversation(ctx context.Context, cmd InConversation, choose func(domain.Conversation) ([]domain.Event, error)) (int64, error) {
	stream := domain.ConversationStream(cmd.WorkspaceID, cmd.CustomerID)
	return decide(ctx, h, cmd.Caller, stream, func(c domain.Conversation) ([]domain.Event, error) {
		if c.ReplyTo == "" && c.LastOwnerAt.IsZero() {
			return nil, errNoConversation
		}
		return choose(c)
	})
}

// MaxReply is how long a reply may be, in characters.
const MaxReply = 4096

// WhatsApp limits numbers that send one text to many people (code 104 of a ban).
const (
	sameTextChats  = 10
	sameTextWithin = 10 * time.Minute
)

var errSameText = domain.Refuse(domain.TooMany, "reply.same_text",
	"You sent this text to 10 other chats within ten minutes. WhatsApp limits numbers that do so: change the words, or wait a little.")

func (h *Handler) mayRepeat(ctx context.Context, cmd InConversation, text string) error {
	if !h.Pacing {
		return nil
	}
	told, err := h.Sent.ChatsTold(ctx, cmd.WorkspaceID, text, h.Now().Add(-sameTextWithin), cmd.CustomerID)
	switch {
	case err != nil:
		return fmt.Errorf("count the chats that were told the same: %w", err)
	case told >= sameTextChats:
		return errSameText
	}
	return nil
}

// WriteReply queues a member's own words for a customer. The bot goes quiet there, as it does when they write by phone. The
// same CommandID is the same message, however often it is asked for.
func (h *Handler) WriteReply(ctx context.Context, cmd InConversation, text string) (ReplyRef, int64, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxReply {
		return ReplyRef{}, 0, domain.InvalidField("text", "text.length", "Write a reply of at most 4,096 characters.")
	}
	if err := h.mayRepeat(ctx, cmd, text); err != nil {
		return ReplyRef{}, 0, err
	}
	if cmd.CommandID == "" {
		cmd.CommandID = h.NewID()
	}
	id := h.whatsAppID(cmd.about(), cmd.CommandID)
	ref := ReplyRef{WorkspaceID: cmd.WorkspaceID, CustomerID: cmd.CustomerID, ReplyID: domain.ReplyIDOf(cmd.CustomerID, id)}
	position, err := h.inConversation(ctx, cmd, func(c domain.Conversation) ([]domain.Event, error) {
		if c.ReplyTo == "" {
			return nil, errNoConversation // no customer has written from there
		}
		return []domain.Event{domain.ReplyQueued{
			About: cmd.about(), ReplyID: ref.ReplyID, WhatsAppID: id, Author: domain.AuthorDashboard,
			QueuedAt: h.Now(), Deadline: h.Now().Add(domain.ReplyDeadline), To: c.ReplyTo, Text: text,
		}}, nil
	})
	return ref, position, err
}

// TakeOver keeps the bot quiet in one chat until the given time.
func (h *Handler) TakeOver(ctx context.Context, cmd InConversation, until time.Time) (int64, error) {
	return h.inConversation(ctx, cmd, func(c domain.Conversation) ([]domain.Event, error) {
		if c.TakenUntil.Equal(until) {
			return nil, nil
		}
		return []domain.Event{domain.ConversationTakenOver{About: cmd.about(), MemberID: domain.MemberID(cmd.Actor.ID), Until: until}}, nil
	})
}

// GiveBack lets the bot answer in one chat again.
func (h *Handler) GiveBack(ctx context.Context, cmd InConversation) (int64, error) {
	return h.inConversation(ctx, cmd, func(domain.Conversation) ([]domain.Event, error) {
		return []domain.Event{domain.ConversationGivenBack{About: cmd.about(), At: h.Now()}}, nil
	})
}

// Ignore says whether the bot leaves a person alone.
func (h *Handler) Ignore(ctx context.Context, cmd InConversation, ignored bool) (int64, error) {
	stream := domain.CustomerStream(cmd.WorkspaceID, cmd.CustomerID)
	return decide(ctx, h, cmd.Caller, stream, func(c domain.Customer) ([]domain.Event, error) {
		return c.Ignore(cmd.about(), ignored)
	})
}
