package commands

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// Addresses resolves WhatsApp's addresses of a person (LID, phone number) to one customer.
type Addresses interface {
	// Resolve returns the customer all the addresses belong to, making a new one when none is known. The customer's address
	// rows and data key are durable when it returns.
	// at is when WhatsApp named them together.
	Resolve(ctx context.Context, w domain.WorkspaceID, addresses []string, at time.Time) (Resolved, error)
	// Known says whose the addresses are, if they are anybody's, and writes nothing: for news that make nobody a customer.
	Known(ctx context.Context, w domain.WorkspaceID, addresses []string) (Resolved, bool, error)
}

// Resolved is whose addresses they are.
type Resolved struct {
	Customer   domain.CustomerID
	Created    bool                // nobody was known under any of the addresses
	Linked     []string            // addresses that were not known to be this customer's before
	MergedFrom domain.CustomerID   // another customer who turned out to be this one; empty mostly
	Merged     []domain.CustomerID // all who turned out to be this one so far: what comes again may be stored under their ids
	MovedFrom  domain.CustomerID   // who had the phone number before, if it was given to this one; empty mostly
}

// Account is a person who signs in.
type Account struct {
	MemberID     domain.MemberID
	WorkspaceID  domain.WorkspaceID
	Email        string // trimmed, lower case
	PasswordHash string
	Role         domain.Role
}

// Accounts keeps who can sign in, outside the log.
type Accounts interface {
	// Create stores the account and appends the request in one transaction. A taken e-mail is refused with "email.taken".
	Create(ctx context.Context, a Account, r AppendRequest) (position int64, err error)
	// DisableMember ends a member's sessions and refuses new ones. Who has no account is fine.
	DisableMember(ctx context.Context, w domain.WorkspaceID, m domain.MemberID) error
}

// SignInLinks hands out links that sign a member in, once and soon.
type SignInLinks interface {
	// NewLink returns the address, or false for a member who has no account.
	NewLink(ctx context.Context, w domain.WorkspaceID, m domain.MemberID, until time.Time) (link string, ok bool, err error)
}

// Counters hands out numbers that are never given twice.
type Counters interface {
	// NextFAQNumber returns 1, 2, 3 … per workspace. A number may be skipped, never repeated.
	NextFAQNumber(ctx context.Context, w domain.WorkspaceID) (int, error)
}

// SentCounter counts what a workspace has sent.
type SentCounter interface {
	// RepliesSince counts the bot's replies.
	RepliesSince(ctx context.Context, w domain.WorkspaceID, since time.Time) (int, error)
	// ChatsTold counts the chats, but for one, that a member wrote this text to from the dashboard.
	ChatsTold(ctx context.Context, w domain.WorkspaceID, text string, since time.Time, besides domain.CustomerID) (int, error)
}
