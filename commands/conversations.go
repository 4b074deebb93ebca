package commands

import (
	"context"
	"errors"
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
	if err := h.notErased(ctx, cmd.about()); err != nil {
		return 0, err
	}
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

// mayRepeat refuses a text that went to many chats. The log says so once in that time.
func (h *Handler) mayRepeat(ctx context.Context, cmd InConversation, text string) error {
	if !h.Pacing {
		return nil
	}
	now := h.Now()
	told, err := h.Sent.ChatsTold(ctx, cmd.WorkspaceID, text, now.Add(-sameTextWithin), cmd.CustomerID)
	switch {
	case err != nil:
		return fmt.Errorf("count the chats that were told the same: %w", err)
	case told < sameTextChats:
		return nil
	}
	who := Caller{Actor: cmd.Actor} // with an id of its own: the command may yet be carried out, with other words
	_, err = decide(ctx, h, who, domain.ConnectionStream(cmd.WorkspaceID), func(c domain.Connection) ([]domain.Event, error) {
		return c.RefuseSend(cmd.WorkspaceID, domain.ReasonSameText, sameTextChats, now.Add(sameTextWithin), now), nil
	})
	if err != nil {
		return fmt.Errorf("record a refusal: %w", err)
	}
	return errSameText
}

// beginChat is what is recorded when somebody from the business writes in a chat that is not open, or a refusal, which is
// recorded here.
func (h *Handler) beginChat(ctx context.Context, who Caller, about domain.About) ([]Part, error) {
	link, version, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(about.WorkspaceID))
	if err != nil {
		return nil, err
	}
	space, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(about.WorkspaceID))
	if err != nil {
		return nil, err
	}
	events, refusal := link.BeginChat(about, h.Now(), h.Pacing, space.Zone())
	if refusal != nil {
		who.CommandID = h.NewID() // the command may yet be carried out, when the limit opens
	}
	var parts []Part
	if len(events) > 0 {
		parts = []Part{{Stream: domain.ConnectionStream(about.WorkspaceID), Expected: version, Events: h.stamp(who.CommandID, events)}}
	}
	if refusal == nil {
		return parts, nil
	}
	if len(parts) > 0 {
		if _, err := h.append(ctx, who, about.WorkspaceID, parts...); err != nil {
			return nil, err
		}
	}
	return nil, refusal
}

// WriteReply queues a member's own words for a customer. The bot goes quiet there, as it does when they write by phone. The
// same CommandID is the same message, however often it is asked for.
func (h *Handler) WriteReply(ctx context.Context, cmd InConversation, text string) (ReplyRef, int64, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxReply {
		return ReplyRef{}, 0, domain.InvalidField("text", "text.length", "Write a reply of at most 4,096 characters.")
	}
	if err := h.notErased(ctx, cmd.about()); err != nil {
		return ReplyRef{}, 0, err
	}
	if err := h.mayRepeat(ctx, cmd, text); err != nil {
		return ReplyRef{}, 0, err
	}
	if cmd.CommandID == "" {
		cmd.CommandID = h.NewID()
	}
	id := h.whatsAppID(cmd.about(), cmd.CommandID)
	ref := ReplyRef{WorkspaceID: cmd.WorkspaceID, CustomerID: cmd.CustomerID, ReplyID: domain.ReplyIDOf(cmd.CustomerID, id)}
	reply := domain.ReplyQueued{
		About: cmd.about(), ReplyID: ref.ReplyID, WhatsAppID: id, Author: domain.AuthorDashboard,
		QueuedAt: h.Now(), Deadline: h.Now().Add(domain.ReplyDeadline), Text: text,
	}
	for range maxTries {
		position, err := h.queueReply(ctx, cmd, reply)
		switch {
		case errors.Is(err, ErrForgotten): // this very moment
			return ReplyRef{}, 0, errErased
		case !errors.Is(err, ErrConflict):
			return ref, position, err
		}
	}
	return ref, 0, errBusy
}

// queueReply appends a member's words to the chat as it stands, and that a chat begins with them, if one does.
func (h *Handler) queueReply(ctx context.Context, cmd InConversation, reply domain.ReplyQueued) (int64, error) {
	stream := domain.ConversationStream(cmd.WorkspaceID, cmd.CustomerID)
	c, version, err := load[domain.Conversation, domain.ConversationEvent](ctx, h, stream)
	switch {
	case err != nil:
		return 0, err
	case c.ReplyTo == "":
		return 0, errNoConversation // no customer has written from there
	}
	reply.To = c.ReplyTo
	parts := []Part{{Stream: stream, Expected: version, Events: h.stamp(cmd.CommandID, []domain.Event{reply})}}
	if !c.Open(h.Now()) {
		begun, err := h.beginChat(ctx, cmd.Caller, cmd.about())
		if err != nil {
			return 0, err
		}
		parts = append(parts, begun...)
	}
	position, err := h.append(ctx, cmd.Caller, cmd.WorkspaceID, parts...)
	if errors.Is(err, ErrMixed) { // asked for again on another day, when a chat would begin with it: the reply itself is stored
		return h.append(ctx, cmd.Caller, cmd.WorkspaceID, parts[0])
	}
	return position, err
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
