package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchboard.example/domain"
)

// Sender is the person at the other end of a one-to-one chat, as WhatsApp names them.
type Sender struct {
	Addresses []string // all that are known, the LID first
	Phone     string   // digits only; empty while only the LID is known
	Name      string   // the name they gave themselves

	Saved       *bool // whether the phone has them as a contact; nil while that is not known
	KnownBefore bool  // they and the business talked before the number was linked
}

// ReceiveMessage records a message a customer sent, before WhatsApp is told that we have it.
type ReceiveMessage struct {
	WorkspaceID domain.WorkspaceID
	Epoch       int64
	From        Sender
	MessageID   domain.MessageID
	Kind        domain.MessageKind
	Text        string
	Quotes      domain.MessageID
	SentAt      time.Time
	ReplyTo     string // WhatsApp's address of the chat
}

// ReceiveMessage appends the message once, however often it is delivered: its event id derives from the customer and
// WhatsApp's own id.
func (h *Handler) ReceiveMessage(ctx context.Context, cmd ReceiveMessage) (domain.CustomerID, error) {
	who, err := h.meetAgain(ctx, cmd, cmd.MessageID)
	if err != nil {
		return "", err
	}
	e := domain.MessageReceived{
		About: who.About, MessageID: cmd.MessageID, Kind: cmd.Kind, SentAt: cmd.SentAt, ReceivedAt: h.Now(),
		Quotes: cmd.Quotes, Text: cmd.Text, ReplyTo: cmd.ReplyTo,
	}
	return who.CustomerID, h.record(ctx, who, cmd.Epoch, customerActor(who.About), cmd.MessageID, e)
}

// ReceiveUndecryptable records that a message arrived that could not be read.
func (h *Handler) ReceiveUndecryptable(ctx context.Context, cmd ReceiveMessage, mode string) error {
	who, err := h.meetAgain(ctx, cmd, cmd.MessageID)
	if err != nil {
		return err
	}
	e := domain.MessageUndecryptable{
		About: who.About, MessageID: cmd.MessageID, Mode: mode, SentAt: cmd.SentAt, ReceivedAt: h.Now(), ReplyTo: cmd.ReplyTo,
	}
	return h.record(ctx, who, cmd.Epoch, customerActor(who.About), cmd.MessageID, e)
}

// ReceiveEdit records that a customer changed the words of an earlier message. editID is the id of the edit itself.
func (h *Handler) ReceiveEdit(ctx context.Context, cmd ReceiveMessage, editID domain.MessageID) error {
	who, err := h.meetAgain(ctx, cmd, editID)
	if err != nil {
		return err
	}
	e := domain.MessageEdited{About: who.About, MessageID: cmd.MessageID, EditedAt: cmd.SentAt, Text: cmd.Text}
	return h.record(ctx, who, cmd.Epoch, customerActor(who.About), editID, e)
}

// ReceiveDelete records that a customer took an earlier message back.
func (h *Handler) ReceiveDelete(ctx context.Context, cmd ReceiveMessage, deleteID domain.MessageID) error {
	who, err := h.meetAgain(ctx, cmd, deleteID)
	if err != nil {
		return err
	}
	e := domain.MessageDeleted{About: who.About, MessageID: cmd.MessageID, DeletedAt: cmd.SentAt}
	return h.record(ctx, who, cmd.Epoch, customerActor(who.About), deleteID, e)
}

// ReceiveOwnerMessage records what a person from the business typed on the linked phone: to a customer, or, in the
// self-chat, as a !command.
func (h *Handler) ReceiveOwnerMessage(ctx context.Context, cmd ReceiveMessage, selfChat bool) (domain.CustomerID, error) {
	who, err := h.meetAgain(ctx, cmd, cmd.MessageID)
	if err != nil {
		return "", err
	}
	if !selfChat {
		return who.CustomerID, h.recordOwnerReply(ctx, who, cmd)
	}
	who.parts = nil // the business itself is no customer
	e := domain.OwnerCommanded{
		About: who.About, MessageID: cmd.MessageID, SentAt: cmd.SentAt, ReceivedAt: h.Now(), Text: cmd.Text, ReplyTo: cmd.ReplyTo,
	}
	return who.CustomerID, h.record(ctx, who, cmd.Epoch, domain.Actor{Kind: domain.ActorOwner}, cmd.MessageID, e)
}

// recordOwnerReply records that the business wrote to a customer, after judging whether a person did.
func (h *Handler) recordOwnerReply(ctx context.Context, who met, cmd ReceiveMessage) error {
	turn, _, err := h.loadTurn(ctx, AnswerTurn{WorkspaceID: cmd.WorkspaceID, CustomerID: who.CustomerID})
	if err != nil {
		return err
	}
	seen := domain.SeeOwnerMessage(turn.Workspace, turn.Conversation, domain.OwnerReplied{
		About: who.About, MessageID: cmd.MessageID, SentAt: cmd.SentAt, Kind: cmd.Kind, Quotes: cmd.Quotes, Text: cmd.Text,
	})
	key := domain.DeriveID(string(who.CustomerID), "owner_message", string(cmd.MessageID))
	if len(seen.Workspace) > 0 {
		who.parts = append(who.parts, Part{
			Stream: domain.WorkspaceStream(cmd.WorkspaceID), Expected: AnyVersion, Events: h.stamp(key, seen.Workspace),
		})
	}
	for _, e := range seen.Elsewhere {
		who.parts = append(who.parts, Part{
			Stream: domain.ConversationStream(cmd.WorkspaceID, e.CustomerID), Expected: AnyVersion,
			Events: h.one(domain.DeriveID(string(e.CustomerID), e.EventType(), string(e.MessageID)), e),
		})
	}
	return h.record(ctx, who, cmd.Epoch, domain.Actor{Kind: domain.ActorOwner}, cmd.MessageID, seen.Reply)
}

// Receipt is what a customer's phone says of replies it has.
type Receipt struct {
	WorkspaceID domain.WorkspaceID
	Epoch       int64
	From        Sender
	MessageIDs  []domain.MessageID
	Read        bool // else delivered
	At          time.Time
}

// ReceiveReceipt records that replies were delivered or read. It loads nothing, but for customers who were merged.
func (h *Handler) ReceiveReceipt(ctx context.Context, cmd Receipt) error {
	resolved, err := h.Addresses.Resolve(ctx, cmd.WorkspaceID, cmd.From.Addresses, cmd.At)
	if err != nil {
		return fmt.Errorf("resolve the receipt's customer: %w", err)
	}
	who := met{About: domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: resolved.Customer}, merged: resolved.Merged}
	for _, id := range cmd.MessageIDs {
		reply, err := h.replyTo(ctx, who, id)
		if err != nil {
			return err
		}
		var e domain.ConversationEvent = domain.ReplyDelivered{About: who.About, ReplyID: reply, DeliveredAt: cmd.At}
		if cmd.Read {
			e = domain.ReplyRead{About: who.About, ReplyID: reply, ReadAt: cmd.At}
		}
		if err := h.record(ctx, who, cmd.Epoch, customerActor(who.About), id, e); err != nil {
			return err
		}
	}
	return nil
}

// RetryRequest is what a customer's phone says of a reply it could not read.
type RetryRequest struct {
	WorkspaceID domain.WorkspaceID
	Epoch       int64
	From        Sender
	MessageID   domain.MessageID
	Count       int // the phone's own
	At          time.Time
}

// ReceiveRetryRequest records that a customer's phone could not read a reply and asked for it again, once for each of its counts.
func (h *Handler) ReceiveRetryRequest(ctx context.Context, cmd RetryRequest) error {
	known, ok, err := h.Addresses.Known(ctx, cmd.WorkspaceID, cmd.From.Addresses)
	if err != nil {
		return fmt.Errorf("find who asks for a reply: %w", err)
	}
	if !ok {
		return nil
	}
	who := met{About: domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: known.Customer}, merged: known.Merged}
	reply, err := h.replyTo(ctx, who, cmd.MessageID)
	if err != nil {
		return err
	}
	e := domain.ReplyRetryRequested{About: who.About, ReplyID: reply, Count: cmd.Count, RequestedAt: cmd.At}
	return h.record(ctx, who, cmd.Epoch, customerActor(who.About), domain.MessageID(fmt.Sprintf("%s %d", cmd.MessageID, cmd.Count)), e)
}

// meetAgain resolves who wrote, as whom the message was first recorded: somebody who turned out to be another customer since keeps
// what they wrote until then, and what is changed about it. So it is known when it comes again.
func (h *Handler) meetAgain(ctx context.Context, cmd ReceiveMessage, because domain.MessageID) (met, error) {
	who, err := h.meet(ctx, cmd.WorkspaceID, cmd.From, cmd.SentAt, because)
	if err != nil {
		return met{}, err
	}
	whose, found, err := h.before(ctx, who, func(e domain.Event) bool {
		switch e := e.(type) {
		case domain.MessageReceived:
			return e.MessageID == cmd.MessageID
		case domain.MessageUndecryptable:
			return e.MessageID == cmd.MessageID
		case domain.OwnerReplied:
			return e.MessageID == cmd.MessageID
		}
		return false
	})
	if found {
		who.CustomerID, who.now = whose, domain.Customer{}
	}
	return who, err
}

// replyTo names the reply that WhatsApp knows under this id: it may have been queued for somebody who turned out to be this
// customer since.
func (h *Handler) replyTo(ctx context.Context, who met, id domain.MessageID) (domain.ReplyID, error) {
	whose, found, err := h.before(ctx, who, func(e domain.Event) bool {
		queued, ok := e.(domain.ReplyQueued)
		return ok && queued.WhatsAppID == id
	})
	if !found {
		whose = who.CustomerID
	}
	return domain.ReplyIDOf(whose, id), err
}

// before finds something in the conversations of those who turned out to be this customer, and says whose it was. They are the
// younger ones, and their conversations mostly short.
func (h *Handler) before(ctx context.Context, who met, is func(domain.Event) bool) (whose domain.CustomerID, found bool, err error) {
	for _, other := range who.merged {
		recorded, err := h.Store.Load(ctx, domain.ConversationStream(who.WorkspaceID, other), 0)
		if err != nil {
			return "", false, fmt.Errorf("load a merged conversation: %w", err)
		}
		if slices.ContainsFunc(recorded, func(r domain.Recorded) bool { return is(r.Event) }) {
			return other, true, nil
		}
	}
	return "", false, nil
}

// record appends e under an id derived from WhatsApp's, with what was learned about the customer on the way.
func (h *Handler) record(ctx context.Context, who met, epoch int64, actor domain.Actor, id domain.MessageID, e domain.ConversationEvent) error {
	caller := Caller{Actor: actor, Epoch: epoch}
	part := Part{
		Stream:   domain.ConversationStream(who.WorkspaceID, who.CustomerID),
		Expected: AnyVersion,
		Events:   h.one(messageEventID(who.CustomerID, e, id), e),
	}
	_, err := h.append(ctx, caller, who.WorkspaceID, append(who.parts, part)...)
	if errors.Is(err, ErrMixed) { // delivered again, and we have learned something since: the message itself is stored
		_, err = h.append(ctx, caller, who.WorkspaceID, part)
	}
	if err != nil {
		return fmt.Errorf("record %s: %w", e.EventType(), err)
	}
	if len(who.parts) > 0 && who.now != (domain.Customer{}) {
		h.seen.put(who.CustomerID, who.now)
	}
	return nil
}

// MessageEventID is the id of the event that records a customer's message, and so the correlation id of what follows from it.
func MessageEventID(c domain.CustomerID, id domain.MessageID) domain.EventID {
	return domain.EventID(messageEventID(c, domain.MessageReceived{}, id))
}

// messageEventID is UUIDv5(customer, event type, direction, WhatsApp id): redelivery is a no-op, and nothing about the
// person can be read from it.
func messageEventID(c domain.CustomerID, e domain.Event, id domain.MessageID) string {
	direction := "in"
	switch e.(type) {
	case domain.OwnerReplied, domain.OwnerCommanded, domain.ReplyDelivered, domain.ReplyRead, domain.ReplyRetryRequested:
		direction = "out"
	}
	return domain.DeriveID(string(c), e.EventType(), direction, string(id))
}

func customerActor(a domain.About) domain.Actor {
	return domain.Actor{Kind: domain.ActorCustomer, ID: string(a.CustomerID)}
}
