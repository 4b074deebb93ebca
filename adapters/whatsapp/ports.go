package whatsapp

import (
	"context"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Commands is what the pool asks of the application. *commands.Handler provides it.
type Commands interface {
	// Connections says what the log itself knows of connections. It is asked before a session is begun or closed or a device
	// removed, because the work list may lag behind.
	Connections(ctx context.Context, of ...domain.WorkspaceID) (map[domain.WorkspaceID]domain.Connection, error)
	ObserveConnection(ctx context.Context, cmd commands.ObserveConnection) (int64, error)
	ReceiveMessage(ctx context.Context, cmd commands.ReceiveMessage) (domain.CustomerID, error)
	ReceiveUndecryptable(ctx context.Context, cmd commands.ReceiveMessage, mode string) error
	ReceiveEdit(ctx context.Context, cmd commands.ReceiveMessage, editID domain.MessageID) error
	ReceiveDelete(ctx context.Context, cmd commands.ReceiveMessage, deleteID domain.MessageID) error
	ReceiveOwnerMessage(ctx context.Context, cmd commands.ReceiveMessage, selfChat bool) (domain.CustomerID, error)
	ReceiveReceipt(ctx context.Context, cmd commands.Receipt) error
	ReceiveRetryRequest(ctx context.Context, cmd commands.RetryRequest) error
	SeeIdentityChange(ctx context.Context, cmd commands.SeeIdentityChange) error
	WantedReply(ctx context.Context, ref commands.ReplyRef) (domain.PendingReply, bool, error)
	ReleaseReply(ctx context.Context, ref commands.ReplyRef) (domain.PendingReply, bool, error)
	AlertPutAside(ctx context.Context, w domain.WorkspaceID) (int64, error)
	ReplySent(ctx context.Context, ref commands.ReplyRef, at time.Time) error
	CancelReply(ctx context.Context, ref commands.ReplyRef, why domain.Reason) error
	ReplyRetried(ctx context.Context, ref commands.ReplyRef, code string) error
	ReplyFailed(ctx context.Context, ref commands.ReplyRef, code string) error
}

var _ Commands = (*commands.Handler)(nil)

// Desired is the work list: what somebody wants connected.
type Desired interface {
	// Desired lists it, of the workspaces named or, when none is, of all.
	Desired(ctx context.Context, of ...domain.WorkspaceID) ([]Wanted, error)
}

// Wanted is a workspace somebody wants connected.
type Wanted struct {
	WorkspaceID domain.WorkspaceID
	Linked      bool              // as the work list knows; it may lag behind
	Method      domain.LinkMethod // how to link, when it is not linked
	Phone       string            // for LinkByCode: digits only
	MayHold     bool              // plan and state of the workspace allow a socket
	Why         domain.Reason     // why not, if MayHold is false. Defaults to domain.ReasonPlanEnded
	Requested   int64             // position of the newest connection.requested; a new wish is a new number
}

// Outbox lists queued replies, those of one customer in the order they were queued.
type Outbox interface {
	Queued(ctx context.Context) ([]Queued, error)
}

// Queued is a reply that is neither sent, failed nor cancelled, as the outbox knows; it may lag behind.
type Queued struct {
	commands.ReplyRef // without its epoch
	Deadline          time.Time
}

// Leases decide which process owns a workspace.
type Leases interface {
	// Acquire takes so many, at most, of the workspaces that nobody alive owns. Taking what is ours already answers the same
	// epoch, and does not count.
	Acquire(ctx context.Context, most int, workspaces ...domain.WorkspaceID) (epochs map[domain.WorkspaceID]int64, err error)
	// Epoch says, without asking the database, under which epoch this process owns the workspace, if it does.
	Epoch(w domain.WorkspaceID) (int64, bool)
	Release(ctx context.Context, w domain.WorkspaceID) error
	// Others is how many other processes share the workspaces.
	Others() int
}

// SentReplies finds a reply by the id WhatsApp knows it under, as it was sent, for a phone that could not read it and asks again.
type SentReplies interface {
	SentReply(ctx context.Context, w domain.WorkspaceID, whatsappID domain.MessageID) (reply domain.PendingReply, found bool, err error)
}
