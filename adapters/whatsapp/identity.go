package whatsapp

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
)

// identityChanged is told that somebody's phone has another key than before. It is implicit where WhatsApp did not say so, and a
// message was encrypted with, or could only be encrypted for, another key; of that the person's other devices say nothing.
func (c *conn) identityChanged(e *events.IdentityChange) {
	s, chat := c.session, plainJID(e.JID)
	if s.account.isSelf(chat) || e.JID.Device != 0 || !personal(types.MessageSource{Chat: chat}) {
		return
	}
	if !e.Implicit {
		c.dropOtherSessions(chat)
	}
	s.aside("a changed security code", func(ctx context.Context) error {
		other, err := s.lids.otherAddress(ctx, types.MessageSource{Chat: chat})
		if err != nil {
			return err
		}
		return s.pool.cfg.Commands.SeeIdentityChange(ctx, commands.SeeIdentityChange{
			WorkspaceID: s.workspace, Epoch: s.epoch, Of: person(chat, other, ""), Implicit: e.Implicit, At: e.Timestamp,
		})
	})
}

// dropOtherSessions drops the sessions with a person under their other address, which the library leaves. A reply under one of
// them could not be read, and their next message would count as another change.
func (c *conn) dropOtherSessions(chat types.JID) {
	ctx, cancel := context.WithTimeout(c.line.ctx, c.session.pool.cfg.Timing.HandlerDeadline)
	defer cancel()
	if err := c.tryDropOtherSessions(ctx, chat); err != nil && ctx.Err() == nil {
		c.session.log.WarnContext(ctx, "sessions of a reinstalled phone not dropped", "error", err)
	}
}

func (c *conn) tryDropOtherSessions(ctx context.Context, chat types.JID) error {
	other, err := c.session.lids.otherAddress(ctx, types.MessageSource{Chat: chat})
	if err != nil || other.User == "" {
		return err
	}
	ctx, release, err := c.session.ratchet.hold(ctx) // what is being encrypted must not bring one back
	if err != nil {
		return err
	}
	defer release()
	if err := c.client.Store.Identities.DeleteAllIdentities(ctx, other.SignalAddressUser()); err != nil {
		return fmt.Errorf("drop keys: %w", err)
	}
	if err := c.client.Store.Sessions.DeleteAllSessions(ctx, other.SignalAddressUser()); err != nil {
		return fmt.Errorf("drop sessions: %w", err)
	}
	return nil
}
