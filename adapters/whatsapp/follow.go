package whatsapp

import (
	"log/slog"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Follower is told how customers' messages and the replies to them fare here, of each step right after it. It must not block.
type Follower interface {
	Received(m Arrival)
	Tried(t Try)
}

// Arrival is a customer's message that came in.
type Arrival struct {
	WorkspaceID  domain.WorkspaceID
	Epoch        int64
	CustomerID   domain.CustomerID // empty when it failed before that was known
	MessageID    domain.MessageID
	Began, Ended time.Time // its turn on the connection, and in the log
	Err          error     // why it is not in the log; it comes again, or was put aside
}

// Try is one try to send a reply to a customer's message.
type Try struct {
	WorkspaceID  domain.WorkspaceID
	Epoch        int64
	CustomerID   domain.CustomerID
	MessageID    domain.MessageID // the newest it answers
	Number       int              // of the tries of this process, from 1
	Began, Ended time.Time
	Waited       time.Duration // the last of that time: for WhatsApp's answer. 0 when it gave none
	Outcome      string        // sent, refused, unknown
	Code         string        // WhatsApp's, or ours
	Err          error
}

// follow tells of a message that came in, or of something that failed before it was known to be none.
func (c *conn) follow(id domain.MessageID, got stored, began, ended time.Time, err error) {
	s := c.session
	if s.pool.cfg.Follow == nil || got.what != isMessage && (got.what != "" || err == nil) {
		return
	}
	s.pool.cfg.Follow.Received(Arrival{
		WorkspaceID: s.workspace, Epoch: s.epoch, CustomerID: got.customer, MessageID: id,
		Began: began, Ended: ended, Err: err,
	})
}

// follow tells of a try to send.
func (x *sender) follow(o *outgoing, took span, result outcome, err error) {
	if x.session.pool.cfg.Follow == nil || o.message == "" {
		return
	}
	x.session.pool.cfg.Follow.Tried(Try{
		WorkspaceID: o.ref.WorkspaceID, Epoch: o.ref.Epoch, CustomerID: o.ref.CustomerID, MessageID: o.message,
		Number: o.tries, Began: took.began, Ended: took.ended, Waited: took.waited, Outcome: result.fate.String(), Code: result.code, Err: err,
	})
}

// answered is the newest message of a customer's that a reply answers; commands are of the business, and answered apart.
func answered(reply domain.PendingReply) domain.MessageID {
	if reply.Command || len(reply.InReplyTo) == 0 {
		return ""
	}
	return reply.InReplyTo[len(reply.InReplyTo)-1]
}

// log has what is said of a reply carry the id under which the message it answers is traced.
func (x *sender) log(o *outgoing) *slog.Logger {
	return traced(x.session.log, o.ref.CustomerID, o.message)
}

func traced(log *slog.Logger, c domain.CustomerID, m domain.MessageID) *slog.Logger {
	if c == "" || m == "" {
		return log
	}
	return log.With("trace_id", commands.MessageEventID(c, m).TraceID())
}
