package domain

import "time"

// StreamKind is the aggregate a stream belongs to; it equals the subject part of its events' stored names.
type StreamKind string

// The kinds of streams.
const (
	WorkspaceKind    StreamKind = "workspace"
	ConnectionKind   StreamKind = "connection"
	ConversationKind StreamKind = "conversation"
	CustomerKind     StreamKind = "customer"
	FAQKind          StreamKind = "faq"
	AdminKind        StreamKind = "admin"
)

// StreamID names the history of one thing in one workspace. Key is empty where a workspace has only one of the kind.
type StreamID struct {
	Workspace WorkspaceID
	Kind      StreamKind
	Key       string
}

// String is the stream's name within its workspace: "connection", "faq/<id>".
func (s StreamID) String() string {
	if s.Key == "" {
		return string(s.Kind)
	}
	return string(s.Kind) + "/" + s.Key
}

// UUID is the id under which the stream is stored: derived from workspace, kind and key, so that no two workspaces can
// share a stream.
func (s StreamID) UUID() string {
	return DeriveID(Namespace, "stream", string(s.Workspace), string(s.Kind), s.Key)
}

// WorkspaceStream is the history of the workspace itself: name, plan, members, pauses.
func WorkspaceStream(w WorkspaceID) StreamID { return StreamID{Workspace: w, Kind: WorkspaceKind} }

// ConnectionStream is the history of the workspace's link to WhatsApp.
func ConnectionStream(w WorkspaceID) StreamID { return StreamID{Workspace: w, Kind: ConnectionKind} }

// ConversationStream is what one customer and the workspace said.
func ConversationStream(w WorkspaceID, c CustomerID) StreamID {
	return StreamID{Workspace: w, Kind: ConversationKind, Key: string(c)}
}

// CustomerStream is what is known about one customer.
func CustomerStream(w WorkspaceID, c CustomerID) StreamID {
	return StreamID{Workspace: w, Kind: CustomerKind, Key: string(c)}
}

// FAQStream is the history of one FAQ.
func FAQStream(w WorkspaceID, f FAQID) StreamID {
	return StreamID{Workspace: w, Kind: FAQKind, Key: string(f)}
}

// FAQKnowledgeStream is the history of what the workspace's FAQs are together, as far as its saved tests go.
func FAQKnowledgeStream(w WorkspaceID) StreamID { return StreamID{Workspace: w, Kind: FAQKind} }

// AdminStream is what the platform's people ordered for one workspace.
func AdminStream(w WorkspaceID) StreamID { return StreamID{Workspace: w, Kind: AdminKind} }

// ActorKind says what sort of actor caused an event.
type ActorKind string

// The kinds of actors.
const (
	ActorMember   ActorKind = "member"   // a person signed in to the dashboard; ID is the MemberID
	ActorOwner    ActorKind = "owner"    // the owner's own phone; ID is empty
	ActorCustomer ActorKind = "customer" // a person writing in; ID is the CustomerID
	ActorBot      ActorKind = "bot"      // the FAQ bot
	ActorWhatsApp ActorKind = "whatsapp" // something WhatsApp told us
	ActorSystem   ActorKind = "system"   // the program itself: timers, restarts
	ActorAdmin    ActorKind = "admin"    // one of the platform's people; ID is their name or MemberID
)

// Actor is who caused an event.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id,omitempty"`
}

// Meta goes into the envelope of every event of a request.
type Meta struct {
	Actor         Actor
	CausationID   EventID // the event that made this happen, if any
	CorrelationID EventID // the first event of the story; defaults to CausationID, then to the event's own id
}

// Recorded is an event as the log holds it.
type Recorded struct {
	Position      int64 // 1, 2, 3 … without gaps, in commit order, over all workspaces
	ID            EventID
	Stream        StreamID
	Version       int64 // 1, 2, 3 … within the stream
	Type          string
	SchemaVersion int
	OccurredAt    time.Time // when it happened in the world
	RecordedAt    time.Time // when the log took it, by the database's clock
	Actor         Actor
	CausationID   EventID
	CorrelationID EventID
	Event         Event
	Forgotten     bool // the customer was forgotten: the personal fields of Event are empty
}

// Workspace is whose event it is.
func (r Recorded) Workspace() WorkspaceID { return r.Stream.Workspace }

// NewEvent is an event about to be appended. ID must be stable over retries: derived from what is recorded, or made once
// per command.
type NewEvent struct {
	ID         EventID
	OccurredAt time.Time
	Event      Event
}
