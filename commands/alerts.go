package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// AlertDisconnected tells the business that its number has not been connected for a while.
func (h *Handler) AlertDisconnected(ctx context.Context, w domain.WorkspaceID) (int64, error) {
	c, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(w))
	if err != nil {
		return 0, err
	}
	return h.raise(ctx, w, func(s domain.Workspace) []domain.Event { return s.RaiseDisconnected(c, h.Now()) })
}

// AlertBack tells the business that its number is connected again, if it was told of the outage.
func (h *Handler) AlertBack(ctx context.Context, w domain.WorkspaceID) (int64, error) {
	return h.raise(ctx, w, func(s domain.Workspace) []domain.Event { return s.RaiseBack(h.Now()) })
}

// AlertWaiting tells the business that people wait for a person.
func (h *Handler) AlertWaiting(ctx context.Context, w domain.WorkspaceID, people int) (int64, error) {
	return h.raise(ctx, w, func(s domain.Workspace) []domain.Event { return s.RaiseWaiting(people, h.Now()) })
}

// AlertPutAside tells the business that a message of a customer's could not be stored, and is kept until it can; at most
// once an hour.
func (h *Handler) AlertPutAside(ctx context.Context, w domain.WorkspaceID) (int64, error) {
	return h.raise(ctx, w, func(s domain.Workspace) []domain.Event {
		return s.Raise(domain.WorkspaceAlertRaised{Kind: domain.AlertPutAside, At: h.Now()})
	})
}

func (h *Handler) alertLimit(ctx context.Context, w domain.WorkspaceID) error {
	_, err := h.raise(ctx, w, func(s domain.Workspace) []domain.Event {
		return s.Raise(domain.WorkspaceAlertRaised{Kind: domain.AlertLimit, At: h.Now()})
	})
	return err
}

func (h *Handler) raise(ctx context.Context, w domain.WorkspaceID, choose func(domain.Workspace) []domain.Event) (int64, error) {
	cmd := ChangeWorkspace{Caller: Caller{Actor: domain.Actor{Kind: domain.ActorSystem}}, WorkspaceID: w}
	return h.changeWorkspace(ctx, cmd, func(s domain.Workspace) ([]domain.Event, error) { return choose(s), nil })
}

// ChooseAlerts says when a member is told of alerts, by phone and in their browsers. Empty: as the business set it for everybody.
func (h *Handler) ChooseAlerts(ctx context.Context, cmd ChangeWorkspace, m domain.MemberID, alerts string) (int64, error) {
	return h.changeWorkspace(ctx, cmd, func(w domain.Workspace) ([]domain.Event, error) { return w.ChooseAlerts(m, alerts) })
}

// TellOwner writes an alert into the business's chat with itself, once, unless its owner does not want to be told now. Say puts
// it into words.
func (h *Handler) TellOwner(ctx context.Context, alert domain.Recorded, say func(domain.Workspace) string) (ReplyRef, bool, error) {
	w := alert.Workspace()
	space, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(w))
	if err != nil {
		return ReplyRef{}, false, err
	}
	link, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(w))
	if err != nil {
		return ReplyRef{}, false, err
	}
	text := say(space)
	if text == "" || !link.Linked || link.Phone == "" || !space.Settings.Tells(space.Owner(), h.Now(), space.Zone()) || h.Now().Sub(alert.OccurredAt) > tellWithin {
		return ReplyRef{}, false, nil
	}
	address := link.Phone + "@s.whatsapp.net"
	self, err := h.Addresses.Resolve(ctx, w, []string{address}, h.Now())
	if err != nil {
		return ReplyRef{}, false, fmt.Errorf("resolve the self-chat: %w", err)
	}
	about := domain.About{WorkspaceID: w, CustomerID: self.Customer}
	id := h.whatsAppID(about, string(alert.ID))
	reply := domain.ReplyQueued{
		About: about, ReplyID: domain.ReplyIDOf(self.Customer, id), WhatsAppID: id, Author: domain.AuthorBot, Command: true,
		QueuedAt: h.Now(), Deadline: h.Now().Add(tellWithin), To: address, Text: text,
	}
	_, err = h.append(ctx, Caller{Actor: domain.Actor{Kind: domain.ActorSystem}, Cause: alert.ID}, w, Part{
		Stream: domain.ConversationStream(w, self.Customer), Expected: AnyVersion,
		Events: h.one(domain.DeriveID(string(alert.ID), reply.EventType()), reply),
	})
	if err != nil {
		return ReplyRef{}, false, fmt.Errorf("tell the owner: %w", err)
	}
	return ReplyRef{WorkspaceID: w, CustomerID: self.Customer, ReplyID: reply.ReplyID}, true, nil
}

// TellPhones writes an alert to the verified phones of members who want to be told now, once to each. It goes into the chat in
// which they proved theirs: to one who was silent for a day it begins a chat, and is left out where the number may begin none. Say
// puts it into words.
func (h *Handler) TellPhones(ctx context.Context, alert domain.Recorded, say func(domain.Workspace) string) ([]ReplyRef, error) {
	w := alert.Workspace()
	space, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(w))
	if err != nil {
		return nil, err
	}
	link, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(w))
	if err != nil {
		return nil, err
	}
	text := say(space)
	if text == "" || !link.Linked || h.Now().Sub(alert.OccurredAt) > tellWithin {
		return nil, nil
	}
	var told []ReplyRef
	var failed error
	for _, c := range space.PhonesTold(h.Now()) {
		ref, ok, err := h.tellPhone(ctx, alert, domain.About{WorkspaceID: w, CustomerID: c}, text)
		if ok {
			told = append(told, ref)
		}
		failed = errors.Join(failed, err)
	}
	return told, failed
}

func (h *Handler) tellPhone(ctx context.Context, alert domain.Recorded, about domain.About, text string) (ReplyRef, bool, error) {
	chat, _, err := load[domain.Conversation, domain.ConversationEvent](ctx, h, domain.ConversationStream(about.WorkspaceID, about.CustomerID))
	if err != nil || chat.OptedOut {
		return ReplyRef{}, false, err
	}
	id := h.whatsAppID(about, string(alert.ID))
	reply := domain.ReplyQueued{
		About: about, ReplyID: domain.ReplyIDOf(about.CustomerID, id), WhatsAppID: id, Author: domain.AuthorBot, Command: true,
		QueuedAt: h.Now(), Deadline: h.Now().Add(tellWithin), Text: text,
	}
	who := Caller{Actor: domain.Actor{Kind: domain.ActorSystem}, Cause: alert.ID, CommandID: domain.DeriveID(string(alert.ID), string(about.CustomerID))}
	cmd := InConversation{Caller: who, WorkspaceID: about.WorkspaceID, CustomerID: about.CustomerID}
	for range maxTries {
		_, err = h.queueReply(ctx, cmd, reply)
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) || errors.Is(err, ErrForgotten) {
		return ReplyRef{}, false, nil // nobody ever wrote from there, or no chat may begin now: the dashboard shows it
	}
	if err != nil {
		return ReplyRef{}, false, fmt.Errorf("tell a member's phone: %w", err)
	}
	return ReplyRef{WorkspaceID: about.WorkspaceID, CustomerID: about.CustomerID, ReplyID: reply.ReplyID}, true, nil
}

// tellWithin is how late an alert is still worth a message.
const tellWithin = time.Hour
