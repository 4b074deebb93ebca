package domain

import "time"

// WhatsApp knows a person by a LID, which stays with them, and by a phone number, which can be given to somebody else. A
// message names one or both. Whatever the order messages come in: a LID is always the same customer's, a number is the
// customer's whose LID it was named with last, and a number never named with a LID is a customer by itself.

// KnownAddress is what is known of an address before a message that names it.
type KnownAddress struct {
	Customer CustomerID // empty: nobody's yet
	LID      bool       // the customer has a LID; of a phone number's owner: another one than the message names
	MappedAt time.Time  // when the number was last named with a LID; of a phone number only
}

// Whose says what becomes of a phone number and a LID that were named together.
type Whose int

// The outcomes.
const (
	WhoseTogether Whose = iota // they are one customer's: known as such, linked, or merged from two
	WhoseMoved                 // the number leaves its owner for the LID's
	WhoseApart                 // the number was named with another LID since: the message is the LID's, the number stays
)

// WhoseAddresses decides about a phone number and a LID that a message of the given time names together.
func WhoseAddresses(phone, lid KnownAddress, at time.Time) Whose {
	switch {
	case phone.Customer == "" || phone.Customer == lid.Customer || !phone.LID:
		return WhoseTogether
	case at.After(phone.MappedAt):
		return WhoseMoved
	}
	return WhoseApart
}
