package commands

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// SeeIdentityChange tells that WhatsApp's security code with somebody changed.
type SeeIdentityChange struct {
	WorkspaceID domain.WorkspaceID
	Epoch       int64
	Of          Sender
	Implicit    bool // WhatsApp did not say so, the person's phone came with another key
	At          time.Time
}

// SeeIdentityChange records the change in the chat, if there is one: nobody becomes a customer by it.
func (h *Handler) SeeIdentityChange(ctx context.Context, cmd SeeIdentityChange) error {
	known, ok, err := h.Addresses.Known(ctx, cmd.WorkspaceID, cmd.Of.Addresses)
	if err != nil {
		return fmt.Errorf("find whose security code changed: %w", err)
	}
	if !ok {
		return nil
	}
	e := domain.IdentityChanged{
		About: domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: known.Customer}, Implicit: cmd.Implicit, ChangedAt: cmd.At,
	}
	who := Caller{
		Actor: domain.Actor{Kind: domain.ActorWhatsApp}, Epoch: cmd.Epoch,
		CommandID: domain.DeriveID(string(known.Customer), e.EventType(), cmd.At.UTC().Format(time.RFC3339Nano)),
	}
	_, err = decide(ctx, h, who, domain.ConversationStream(cmd.WorkspaceID, known.Customer), func(c domain.Conversation) ([]domain.Event, error) {
		return c.SeeIdentityChange(e), nil
	})
	return err
}
