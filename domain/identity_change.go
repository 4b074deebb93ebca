package domain

import "time"

// oneIdentityChange is how long after a change of a customer's security code what is heard of it still tells of the same one.
// WhatsApp says it more than once, and what a customer sends under a new key may come before that.
const oneIdentityChange = time.Hour

// SeeIdentityChange decides whether it is news that a customer's security code changed. Where nobody has written yet there is
// nobody to whom it could matter.
func (c Conversation) SeeIdentityChange(e IdentityChanged) []Event {
	begun := c.ReplyTo != "" || !c.LastOwnerAt.IsZero() || len(c.Turn) > 0 || len(c.Decided) > 0
	if !begun || e.ChangedAt.Sub(c.IdentityChangedAt) < oneIdentityChange {
		return nil
	}
	return []Event{e}
}
