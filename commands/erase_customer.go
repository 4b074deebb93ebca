package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchboard.example/domain"
)

// Erasure destroys what is kept of a customer, in the log and outside it.
type Erasure interface {
	// Erase finds out who the customer is, asks what is to be recorded, destroys the keys and every copy of what is theirs, and appends
	// the record, all in one transaction. It fails with ErrConflict as Append does.
	Erase(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID, record func(Whole) (Erasing, error)) (position int64, err error)
}

// Whole is a person who is to be erased.
type Whole struct {
	Customers []domain.CustomerID // the customer, and everybody who turned out to be the same person
	SelfChat  []domain.CustomerID // as whom the business's own number is known: its chat with itself names customers, and its key goes too
}

// Erasing is what is recorded of an erasure, and what else is to go with it.
type Erasing struct {
	Record AppendRequest
	// Said is what was written in their chats, as the log has it: a copy may wait sealed where nobody knows any more whose it is.
	Said []Said
}

// Said is one message of a chat.
type Said struct {
	At   time.Time // by WhatsApp's clock
	Text string    // empty for one without words
}

var (
	errErased = domain.Refuse(domain.NotFound, "customer.erased",
		"This customer was erased; nothing that was said is left. If they write again, they are somebody new.")
	errMembersPhone = domain.Refuse(domain.Conflict, "customer.member",
		"This is the phone of somebody in your team. Remove it from the team first, then erase it.")
	errOwnNumber   = domain.Refuse(domain.Conflict, "customer.own_number", "This is the business's own number; it is no customer.")
	errCannotErase = domain.Refuse(domain.Unavailable, "erasure.off", "Customers cannot be erased here.")
)

// EraseCustomer destroys all that is kept of a person. It cannot be undone. Who was erased before stays so, and nothing is recorded again.
func (h *Handler) EraseCustomer(ctx context.Context, cmd InConversation) (int64, error) {
	if h.Erasure == nil {
		return 0, errCannotErase
	}
	known, version, err := load[domain.Customer, domain.CustomerEvent](ctx, h, domain.CustomerStream(cmd.WorkspaceID, cmd.CustomerID))
	switch {
	case err != nil:
		return 0, err
	case version == 0:
		return 0, errNoConversation
	case known.Forgotten:
		return 0, nil
	}
	for range maxTries {
		var gone Whole
		position, err := h.Erasure.Erase(ctx, cmd.WorkspaceID, cmd.CustomerID, func(whole Whole) (Erasing, error) {
			gone = whole
			return h.erasing(ctx, cmd, whole)
		})
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err == nil {
			h.LetGo(cmd.WorkspaceID, gone.Customers...)
		}
		return position, err
	}
	return 0, errBusy
}

// erasing records that nothing open in their chats is answered or sent any more, and that they are forgotten.
func (h *Handler) erasing(ctx context.Context, cmd InConversation, whole Whole) (Erasing, error) {
	space, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(cmd.WorkspaceID))
	if err != nil {
		return Erasing{}, err
	}
	e := Erasing{Record: AppendRequest{Workspace: cmd.WorkspaceID, Meta: domain.Meta{Actor: cmd.Actor, CausationID: cmd.Cause}}}
	var forgotten []Part
	for _, c := range whole.SelfChat {
		abandoned, _, err := h.abandon(ctx, domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: c})
		if err != nil {
			return Erasing{}, err
		}
		e.Record.Parts = append(e.Record.Parts, abandoned...)
	}
	for _, c := range whole.Customers {
		if _, commands := space.Phones[c]; commands {
			return Erasing{}, errMembersPhone
		}
		if slices.Contains(whole.SelfChat, c) {
			return Erasing{}, errOwnNumber
		}
		about := domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: c}
		abandoned, said, err := h.abandon(ctx, about)
		if err != nil {
			return Erasing{}, err
		}
		e.Record.Parts, e.Said = append(e.Record.Parts, abandoned...), append(e.Said, said...)
		event := domain.CustomerForgotten{About: about, ForgottenAt: h.Now()}
		forgotten = append(forgotten, Part{
			Stream: domain.CustomerStream(cmd.WorkspaceID, c), Expected: AnyVersion,
			Events: h.one(domain.DeriveID(string(c), event.EventType()), event),
		})
	}
	e.Record.Parts = append(e.Record.Parts, forgotten...) // last, so that no read model hears of them once they are forgotten
	return e, nil
}

// abandon closes what is open in a chat, and says what was written there.
func (h *Handler) abandon(ctx context.Context, about domain.About) ([]Part, []Said, error) {
	stream := domain.ConversationStream(about.WorkspaceID, about.CustomerID)
	history, err := h.Store.Load(ctx, stream, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("load %s: %w", stream, err)
	}
	var said []Said
	for _, r := range history {
		switch e := r.Event.(type) {
		case domain.MessageReceived:
			said = append(said, Said{e.SentAt, e.Text})
		case domain.MessageEdited:
			said = append(said, Said{e.EditedAt, e.Text})
		case domain.OwnerReplied:
			said = append(said, Said{e.SentAt, e.Text})
		}
	}
	chat, version := Fold[domain.Conversation, domain.ConversationEvent](history)
	var events []domain.NewEvent
	for _, e := range chat.Abandon(about, domain.ReasonErased, h.Now()) {
		of := string(about.CustomerID)
		if cancelled, ok := e.(domain.ReplyCancelled); ok {
			of = string(cancelled.ReplyID)
		}
		events = append(events, h.one(domain.DeriveID(of, e.EventType(), string(domain.ReasonErased)), e)...)
	}
	if len(events) == 0 {
		return nil, said, nil
	}
	return []Part{{Stream: stream, Expected: version, Events: events}}, said, nil
}

// notErased refuses what is asked about somebody who was erased.
func (h *Handler) notErased(ctx context.Context, about domain.About) error {
	c, _, err := load[domain.Customer, domain.CustomerEvent](ctx, h, domain.CustomerStream(about.WorkspaceID, about.CustomerID))
	if err == nil && c.Forgotten {
		return errErased
	}
	return err
}

// LetGo drops what this process remembers of customers who were erased, here or in another process. Words of theirs may be anywhere in
// what was folded of their workspace, such as among an FAQ's wordings.
func (h *Handler) LetGo(w domain.WorkspaceID, customers ...domain.CustomerID) {
	h.seen.drop(customers)
	h.folds.drop(func(s domain.StreamID) bool { return s.Workspace == w })
}

// LetGoOfAll is LetGo of everybody, for when it is not known who was erased.
func (h *Handler) LetGoOfAll() {
	h.seen.drop(nil)
	h.folds.drop(func(domain.StreamID) bool { return true })
}
