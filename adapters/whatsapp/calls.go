package whatsapp

import (
	"context"
	"strings"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// missed says whether a call that ended was one that nobody took: the phone tells its devices when it took or declined it.
func (a account) missed(e *events.CallTerminate) bool {
	return e.CallID != "" && e.GroupJID.IsEmpty() && !a.isSelf(e.CallCreator) && !strings.HasSuffix(e.Reason, "_elsewhere") &&
		personal(types.MessageSource{Chat: e.CallCreator})
}

// missedCall records a call that nobody took, like a message without words: there is nobody but a person to call back.
func (c *conn) missedCall(e *events.CallTerminate) {
	s := c.session
	if !s.account.missed(e) {
		return
	}
	chat := plainJID(e.CallCreator)
	began := s.pool.cfg.Now()
	got, err := c.storing(func(ctx context.Context) (stored, error) {
		other, err := s.lids.otherAddress(ctx, types.MessageSource{Chat: chat, SenderAlt: e.CallCreatorAlt})
		if err != nil {
			return stored{}, err
		}
		from := person(chat, other, "")
		if from.Saved, err = s.contacts.saved(ctx, from.Addresses); err != nil {
			return stored{}, err
		}
		who, err := s.pool.cfg.Commands.ReceiveMessage(ctx, commands.ReceiveMessage{
			WorkspaceID: s.workspace, Epoch: s.epoch, From: from, MessageID: domain.MessageID(e.CallID), Kind: domain.KindCall,
			SentAt: e.Timestamp, ReplyTo: chat.String(),
		})
		return stored{isMessage, who}, err
	})
	c.follow(domain.MessageID(e.CallID), got, began, s.pool.cfg.Now(), err)
	if err != nil {
		s.log.Warn("missed call not recorded", "error", err)
	}
}
