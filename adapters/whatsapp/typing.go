package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// typing passes on that a customer types, or has stopped. It is nothing to store. WhatsApp tells devices only while they
// say that they are online; ours does not, because the owner's phone would stop ringing. So it is taken where it comes.
func (c *conn) typing(e *events.ChatPresence) {
	s := c.session
	if s.pool.cfg.Typing == nil || e.IsFromMe || !personal(e.MessageSource) {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, s.pool.cfg.Timing.HandlerDeadline)
	defer cancel()
	addresses := []string{plainJID(e.Chat).String()}
	if other, err := s.lids.otherAddress(ctx, e.MessageSource); err == nil && other.User != "" {
		addresses = append(addresses, other.String())
	}
	s.pool.cfg.Typing(s.workspace, addresses, e.State == types.ChatPresenceComposing)
}
