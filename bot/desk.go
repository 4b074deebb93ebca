package bot

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// Today is what !status says of the day so far.
type Today struct {
	Connected       domain.Connection
	Customers       int
	AnsweredPercent int
	Waiting         int
	Missed          int       // customers who wrote since the plan ended
	MissedSince     time.Time // when the first of them did
}

// Desk answers what an owner's !commands ask of the read models.
type Desk interface {
	// Waiting lists who waits for a person, the longest first.
	Waiting(ctx context.Context, w domain.WorkspaceID) ([]Waiting, error)
	// Stats are the figures of a span.
	Stats(ctx context.Context, w domain.WorkspaceID, from, to time.Time) (Stats, error)
	// Missed lists the unanswered questions, those of most people first.
	Missed(ctx context.Context, w domain.WorkspaceID) ([]Missed, error)
	// PersonByPhone finds a customer by their number, digits only.
	PersonByPhone(ctx context.Context, w domain.WorkspaceID, phone string) (Person, bool, error)
	// Person is a customer by their id.
	Person(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID) (Person, bool, error)
	// LastPerson is the customer who wrote last.
	LastPerson(ctx context.Context, w domain.WorkspaceID) (Person, bool, error)
	// Ignored lists whom the bot leaves alone.
	Ignored(ctx context.Context, w domain.WorkspaceID) ([]Person, error)
	// Team lists the members.
	Team(ctx context.Context, w domain.WorkspaceID) ([]Teammate, error)
	// Asked is how often an FAQ was the answer since a moment.
	Asked(ctx context.Context, w domain.WorkspaceID, f domain.FAQID, since time.Time) (int, error)
	// CameIn counts the chats that got no answer because the bot was paused, since the pause began.
	CameIn(ctx context.Context, w domain.WorkspaceID, since time.Time) (int, error)
	// Link is where the dashboard is. It goes into a chat: no secret may be in it.
	Link(ctx context.Context, w domain.WorkspaceID) (string, error)
}

// Person is a customer as a command shows them.
type Person struct {
	CustomerID domain.CustomerID
	Name       string
	Phone      string // digits only
}

// Shown is the person's name, else their number.
func (p Person) Shown() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Phone != "":
		return showPhone(p.Phone)
	}
	return "this customer"
}

// Waiting is a customer who waits for a person.
type Waiting struct {
	Person
	Since time.Time
	Text  string // the newest message

	Urgent bool // they complain
}

// Missed is a cluster of questions the bot had no answer to.
type Missed struct {
	Cluster  string
	Question string                  // the newest wording
	Asked    []domain.LearnedWording // the wordings with whose they are, the newest first
	People   int
	Reply    *OwnReply // the newest of a person; nil: nobody replied
}

// OwnReply is what a person of the business replied to a question the bot had no answer to.
type OwnReply struct {
	ID       domain.ReplyID
	Text     string
	To       Person
	Personal []string // what in it may be about that customer alone
}

// Stats are the figures of a span, in whole percents of turns.
type Stats struct {
	Customers, Messages           int
	Answered, Choices, HandedOver int
	Top                           []string // the questions asked most
}

// Teammate is a member as !team shows them.
type Teammate struct {
	ID     domain.MemberID
	Name   string   // their e-mail address; empty for who only has a phone
	Phones []string // verified, digits only
	Role   domain.Role
}

// emptyDesk knows nothing; it stands in where no desk is given.
type emptyDesk struct{}

func (emptyDesk) Waiting(context.Context, domain.WorkspaceID) ([]Waiting, error) { return nil, nil }
func (emptyDesk) Stats(context.Context, domain.WorkspaceID, time.Time, time.Time) (Stats, error) {
	return Stats{}, nil
}
func (emptyDesk) Missed(context.Context, domain.WorkspaceID) ([]Missed, error) { return nil, nil }
func (emptyDesk) PersonByPhone(context.Context, domain.WorkspaceID, string) (Person, bool, error) {
	return Person{}, false, nil
}

func (emptyDesk) Person(context.Context, domain.WorkspaceID, domain.CustomerID) (Person, bool, error) {
	return Person{}, false, nil
}

func (emptyDesk) LastPerson(context.Context, domain.WorkspaceID) (Person, bool, error) {
	return Person{}, false, nil
}
func (emptyDesk) Ignored(context.Context, domain.WorkspaceID) ([]Person, error) { return nil, nil }
func (emptyDesk) Team(context.Context, domain.WorkspaceID) ([]Teammate, error)  { return nil, nil }
func (emptyDesk) Asked(context.Context, domain.WorkspaceID, domain.FAQID, time.Time) (int, error) {
	return 0, nil
}

func (emptyDesk) CameIn(context.Context, domain.WorkspaceID, time.Time) (int, error) { return 0, nil }

func (emptyDesk) Link(context.Context, domain.WorkspaceID) (string, error) {
	return "the dashboard", nil
}
