package domain

import "time"

// CustomerEvent is a fact about a customer.
//
//sumtype:decl
type CustomerEvent interface {
	AboutCustomer
	customerEvent()
}

// CustomerSeen records that a person wrote in for the first time, or under a new name.
type CustomerSeen struct {
	About
	SeenAt      time.Time `json:"seen_at"`
	Saved       *bool     `json:"saved,omitempty"`                 // whether the phone has them as a contact, once known
	KnownBefore bool      `json:"known_before,omitempty"`          // they and the business talked before the number was linked
	Phone       string    `json:"phone,omitempty" personal:"true"` // digits only; empty while only WhatsApp's LID is known
	Name        string    `json:"name,omitempty" personal:"true"`
}

// CustomerAddressLinked records that another of WhatsApp's addresses belongs to the customer.
type CustomerAddressLinked struct {
	About
	Address string `json:"address" personal:"true"`
	Phone   string `json:"phone,omitempty" personal:"true"`
}

// CustomerMerged records that two customers turned out to be one. About names the one that stays.
type CustomerMerged struct {
	About
	Merged CustomerID `json:"merged"` // the one that goes
}

// CustomerAddressMoved records that a phone number belongs to another person now, such as one that was given out anew. About
// names who has it; who had it stays who they were.
type CustomerAddressMoved struct {
	About
	From    CustomerID `json:"from"` // who had it
	MovedAt time.Time  `json:"moved_at"`
	Phone   string     `json:"phone,omitempty" personal:"true"`
}

// CustomerIgnored records whether the bot leaves this person alone.
type CustomerIgnored struct {
	About
	Ignored bool `json:"ignored"`
}

// CustomerAllowed records whether the bot answers this person where it answers only people the business allowed.
type CustomerAllowed struct {
	About
	Allowed bool `json:"allowed"`
}

// CustomerForgotten records that the customer's data key was destroyed: nothing personal can be read any more.
type CustomerForgotten struct {
	About
	ForgottenAt time.Time `json:"forgotten_at"`
}

// The stored names of customer events.
func (CustomerSeen) EventType() string          { return "customer.seen" }
func (CustomerAddressLinked) EventType() string { return "customer.address_linked" }
func (CustomerMerged) EventType() string        { return "customer.merged" }
func (CustomerAddressMoved) EventType() string  { return "customer.address_moved" }
func (CustomerIgnored) EventType() string       { return "customer.ignored" }
func (CustomerAllowed) EventType() string       { return "customer.allowed" }
func (CustomerForgotten) EventType() string     { return "customer.forgotten" }

func (CustomerSeen) customerEvent()          {}
func (CustomerAddressLinked) customerEvent() {}
func (CustomerMerged) customerEvent()        {}
func (CustomerAddressMoved) customerEvent()  {}
func (CustomerIgnored) customerEvent()       {}
func (CustomerAllowed) customerEvent()       {}
func (CustomerForgotten) customerEvent()     {}

var (
	_ = register[CustomerSeen]()
	_ = register[CustomerAddressLinked]()
	_ = register[CustomerMerged]()
	_ = register[CustomerAddressMoved]()
	_ = register[CustomerIgnored]()
	_ = register[CustomerAllowed]()
	_ = register[CustomerForgotten]()
)

// Customer is a person writing in, folded from their events.
type Customer struct {
	Phone       string
	Name        string
	Ignored     bool
	Allowed     bool
	Saved       bool
	KnownBefore bool
	Forgotten   bool
}

// Evolve returns the customer after e.
func (c Customer) Evolve(e CustomerEvent) Customer {
	switch e := e.(type) {
	case CustomerSeen:
		c.Phone, c.Name = firstOf(e.Phone, c.Phone), firstOf(e.Name, c.Name)
		c.KnownBefore = c.KnownBefore || e.KnownBefore
		set(&c.Saved, e.Saved)
	case CustomerAddressLinked:
		c.Phone = firstOf(e.Phone, c.Phone)
	case CustomerAddressMoved:
		c.Phone = firstOf(e.Phone, c.Phone)
	case CustomerMerged:
	case CustomerIgnored:
		c.Ignored = e.Ignored
	case CustomerAllowed:
		c.Allowed = e.Allowed
	case CustomerForgotten:
		c = Customer{Forgotten: true}
	}
	return c
}

// Ignore decides whether the bot leaves the person alone.
func (c Customer) Ignore(a About, ignored bool) ([]Event, error) {
	if c.Ignored == ignored || c.Forgotten {
		return nil, nil
	}
	return []Event{CustomerIgnored{About: a, Ignored: ignored}}, nil
}

// Allow decides that the bot answers the person where it answers only some.
func (c Customer) Allow(a About) []Event {
	if c.Allowed || c.Forgotten {
		return nil
	}
	return []Event{CustomerAllowed{About: a, Allowed: true}}
}

// Disallow decides that it does not any more. Asking twice changes nothing.
func (c Customer) Disallow(a About) ([]Event, error) {
	switch {
	case c == Customer{}, c.Forgotten:
		return nil, Refuse(NotFound, "allowed.not_found", "There is no such number on the list.")
	case !c.Allowed:
		return nil, nil
	}
	return []Event{CustomerAllowed{About: a}}, nil
}

// Inherits is what a customer takes over from one who turned out to be the same person: what the business wishes for them.
func (c Customer) Inherits(a About, from Customer) []CustomerEvent {
	var wishes []CustomerEvent
	if from.Allowed && !c.Allowed {
		wishes = append(wishes, CustomerAllowed{About: a, Allowed: true})
	}
	if from.Ignored && !c.Ignored {
		wishes = append(wishes, CustomerIgnored{About: a, Ignored: true})
	}
	return wishes
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
