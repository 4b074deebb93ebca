package whatsapp

import (
	"context"
	"fmt"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// refreshToken gives a chat's person a fresh privacy token of ours, which has WhatsApp renew the trust between the two numbers,
// and keeps theirs when the answer brings it. Usually it comes beside the answer, as a notification the library takes in. What a
// message carries is always the token its reader gave; the library renews ours by itself, but once in seven days only.
func (c *conn) refreshToken(ctx context.Context, chat types.JID) error {
	ctx, cancel := context.WithTimeout(ctx, c.session.pool.cfg.Timing.SendTimeout)
	defer cancel()
	client := inside(c.client)
	person := client.ResolveTCTokenStorageLID(ctx, chat)
	now := c.session.pool.cfg.Now()
	answer, err := client.IssuePrivacyToken(ctx, person, now)
	if err != nil {
		return fmt.Errorf("ask for a token: %w", err)
	}
	client.SetTCTokenSenderTS(person, now) // the library need not do it again at the next message
	tokens := answer.GetChildByTag("tokens")
	for _, token := range tokens.GetChildrenByTag("token") {
		if err := c.keepToken(ctx, person, token); err != nil {
			return err
		}
	}
	return nil
}

// keepToken stores a token the person gave us.
func (c *conn) keepToken(ctx context.Context, person types.JID, token waBinary.Node) error {
	value, ok := token.Content.([]byte)
	attrs := token.AttrGetter()
	if !ok || len(value) == 0 || attrs.String("type") != "trusted_contact" {
		return nil
	}
	at := attrs.UnixTime("t")
	if !attrs.OK() {
		at = time.Time{}
	}
	err := c.client.Store.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: person, Token: value, Timestamp: at})
	if err != nil {
		return fmt.Errorf("keep a token: %w", err)
	}
	return nil
}
