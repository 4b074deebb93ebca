package commands

import (
	"context"
	"fmt"

	"switchboard.example/domain"
)

// AllowNumber lets the bot answer a phone (digits only) where it answers only some, also one that never wrote, and says whose
// it is. Allowing somebody twice changes nothing.
func (h *Handler) AllowNumber(ctx context.Context, cmd ChangeWorkspace, phone string) (domain.CustomerID, int64, error) {
	if !domain.ValidPhone(phone) {
		return "", 0, domain.InvalidField("phone", "phone.invalid", "Type the number with its country code, like +234 803 000 0001.")
	}
	from := Sender{Addresses: []string{phone + "@s.whatsapp.net"}, Phone: phone}
	who, err := h.meet(ctx, cmd.WorkspaceID, from, h.Now(), domain.MessageID(h.NewID()))
	if err != nil {
		return "", 0, err
	}
	if len(who.parts) > 0 {
		if _, err := h.append(ctx, cmd.Caller, cmd.WorkspaceID, who.parts...); err != nil {
			return "", 0, fmt.Errorf("record who is allowed: %w", err)
		}
	}
	stream := domain.CustomerStream(cmd.WorkspaceID, who.CustomerID)
	position, err := decide(ctx, h, cmd.Caller, stream, func(c domain.Customer) ([]domain.Event, error) {
		return c.Allow(who.About), nil
	})
	return who.CustomerID, position, err
}

// Disallow takes somebody off the list of those the bot answers where it answers only some.
func (h *Handler) Disallow(ctx context.Context, cmd InConversation) (int64, error) {
	stream := domain.CustomerStream(cmd.WorkspaceID, cmd.CustomerID)
	return decide(ctx, h, cmd.Caller, stream, func(c domain.Customer) ([]domain.Event, error) { return c.Disallow(cmd.about()) })
}
