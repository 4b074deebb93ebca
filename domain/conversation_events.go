package domain

import "time"

// MessageKind is what a message is made of.
type MessageKind string

// The kinds of messages.
const (
	KindText     MessageKind = "text"
	KindImage    MessageKind = "image"
	KindVideo    MessageKind = "video"
	KindVoice    MessageKind = "voice"
	KindDocument MessageKind = "document"
	KindSticker  MessageKind = "sticker"
	KindLocation MessageKind = "location"
	KindContact  MessageKind = "contact"
	KindPoll     MessageKind = "poll"
	KindReaction MessageKind = "reaction"
	KindOther    MessageKind = "other"

	KindCall       MessageKind = "call"       // nobody took it
	KindUnreadable MessageKind = "unreadable" // it arrived and could not be opened
)

// Decision is what the bot chose to do about a turn.
type Decision string

// The decisions.
const (
	DecideAnswer   Decision = "answer"
	DecideChoices  Decision = "choices"
	DecideFallback Decision = "fallback"
	DecideGreeting Decision = "greeting"
	DecideAway     Decision = "away"
	DecideCommand  Decision = "command"
	DecideSilence  Decision = "silence"
)

// Author is whose words a reply is.
type Author string

// The authors of replies.
const (
	AuthorBot       Author = "bot"
	AuthorPhone     Author = "phone"     // the owner, typing on their own phone
	AuthorDashboard Author = "dashboard" // a member, typing in the dashboard
)

// ConversationEvent is a fact about what one customer and one workspace said. Every one names its customer.
//
//sumtype:decl
type ConversationEvent interface {
	AboutCustomer
	conversationEvent()
}

// About names the customer an event is about; it is embedded in the events of conversations and customers.
type About struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	CustomerID  CustomerID  `json:"customer_id"`
}

// Customer names whose event it is.
func (a About) Customer() CustomerID { return a.CustomerID }

// MessageReceived records that a customer wrote. It is in the log before WhatsApp hears "received".
type MessageReceived struct {
	About
	MessageID  MessageID   `json:"message_id"`
	Kind       MessageKind `json:"kind"`
	SentAt     time.Time   `json:"sent_at"`     // by WhatsApp's clock
	ReceivedAt time.Time   `json:"received_at"` // by ours
	Quotes     MessageID   `json:"quotes,omitempty"`
	Text       string      `json:"text,omitempty" personal:"true"` // words, or a picture's caption
	ReplyTo    string      `json:"reply_to" personal:"true"`       // WhatsApp's address of the chat, to answer to
}

// MessageEdited records that a customer changed a message's words.
type MessageEdited struct {
	About
	MessageID MessageID `json:"message_id"`
	EditedAt  time.Time `json:"edited_at"`
	Text      string    `json:"text" personal:"true"`
}

// MessageDeleted records that a customer took a message back.
type MessageDeleted struct {
	About
	MessageID MessageID `json:"message_id"`
	DeletedAt time.Time `json:"deleted_at"`
}

// MessageUndecryptable records that a message arrived that could not be read. A readable copy may follow under its id.
type MessageUndecryptable struct {
	About
	MessageID  MessageID `json:"message_id"`
	Mode       string    `json:"mode"`
	SentAt     time.Time `json:"sent_at"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	ReplyTo    string    `json:"reply_to,omitempty" personal:"true"`
}

// IdentityChanged records that WhatsApp's security code with a customer changed: mostly, they installed WhatsApp again or have a
// new phone. It changes nothing in the chat; a person may want to make sure whom they write to.
type IdentityChanged struct {
	About
	Implicit  bool      `json:"implicit,omitempty"` // WhatsApp did not say so, the customer's phone came with another key
	ChangedAt time.Time `json:"changed_at"`
}

// OwnerReplied records that a person from the business wrote in the chat from the linked phone.
type OwnerReplied struct {
	About
	MessageID MessageID   `json:"message_id"`
	SentAt    time.Time   `json:"sent_at"`
	Kind      MessageKind `json:"kind,omitempty"`      // empty: recorded before kinds were
	Automatic bool        `json:"automatic,omitempty"` // WhatsApp's own app answered by itself, nobody typed
	Quotes    MessageID   `json:"quotes,omitempty"`    // the message it was written under
	Text      string      `json:"text,omitempty" personal:"true"`
}

// OwnerReplyReclassified records that nobody typed an earlier message after all. The silence it caused ends.
type OwnerReplyReclassified struct {
	About
	MessageID MessageID `json:"message_id"`
	Why       Reason    `json:"why"`
}

// OwnerCommanded records that somebody in charge wrote a !command in the self-chat. The chat counts as a conversation of its
// own, whose "customer" is the business's own number; it never shows in the inbox.
type OwnerCommanded struct {
	About
	MessageID  MessageID `json:"message_id"`
	SentAt     time.Time `json:"sent_at"`
	ReceivedAt time.Time `json:"received_at"`
	Text       string    `json:"text" personal:"true"`
	ReplyTo    string    `json:"reply_to" personal:"true"`
}

// ReplyDecided records what the bot chose to do about a turn, and why; a silence is a decision too.
type ReplyDecided struct {
	About
	InReplyTo  []MessageID `json:"in_reply_to"` // the turn's messages
	Decision   Decision    `json:"decision"`
	Why        Reason      `json:"why"`
	FAQ        FAQID       `json:"faq,omitempty"`
	Revision   int         `json:"revision,omitempty"`
	Score      float64     `json:"score"`  // confidence of the best FAQ, 0 to 1
	Margin     float64     `json:"margin"` // to the best other FAQ
	Candidates []Candidate `json:"candidates,omitempty"`
	Also       []FAQID     `json:"also,omitempty"` // a second FAQ answered in the same reply
	Greeted    bool        `json:"greeted,omitempty"`
	Late       bool        `json:"late,omitempty"`                    // to a message that was more than two minutes old
	Unseen     bool        `json:"unseen,omitempty"`                  // the words came with a picture or the like, which only a person can look at
	Leaning    bool        `json:"leaning,omitempty"`                 // the words lean on those before them, such as "and on Sunday?"
	Thresholds *Thresholds `json:"thresholds,omitempty"`              // what the scores were held against
	Knowledge  int         `json:"knowledge,omitempty"`               // which state of the FAQs was matched
	Matched    []string    `json:"matched,omitempty" personal:"true"` // the customer's words that counted
	Language   Language    `json:"language,omitempty"`                // of the answer, where the FAQ has one in Pidgin, too
	Told       []string    `json:"told,omitempty" personal:"true"`    // the customer's words that told that they ask in Pidgin
	DecidedAt  time.Time   `json:"decided_at"`
}

// Thresholds are the scores at which the bot answers and at which it asks.
type Thresholds struct {
	Answer  float64 `json:"answer"`
	Careful float64 `json:"careful"` // for FAQs marked "only when very sure"
	Choices float64 `json:"choices"`
	Shift   float64 `json:"shift,omitempty"` // how much more careful (below zero) the workspace was, already in the scores
}

// Candidate is an FAQ the bot considered.
type Candidate struct {
	FAQ   FAQID   `json:"faq"`
	Score float64 `json:"score"`
}

// ReplyQueued records words to be sent. WhatsAppID is fixed here, before the first try, so that every try is the same message.
type ReplyQueued struct {
	About
	ReplyID    ReplyID     `json:"reply_id"`
	WhatsAppID MessageID   `json:"whatsapp_id"`
	Author     Author      `json:"author"`
	Command    bool        `json:"command,omitempty"` // answers an owner's !command
	Despite    Reason      `json:"despite,omitempty"` // the silence that it was decided in spite of
	InReplyTo  []MessageID `json:"in_reply_to,omitempty"`
	Quotes     MessageID   `json:"quotes,omitempty"` // the message it is shown with
	Deadline   time.Time   `json:"deadline"`         // not sent after this
	QueuedAt   time.Time   `json:"queued_at"`
	To         string      `json:"to" personal:"true"` // WhatsApp's address of the chat
	Text       string      `json:"text" personal:"true"`
	QuotedText string      `json:"quoted_text,omitempty" personal:"true"`
}

// ReplySent records that WhatsApp's server took the reply.
type ReplySent struct {
	About
	ReplyID ReplyID   `json:"reply_id"`
	SentAt  time.Time `json:"sent_at"`
}

// ReplyDelivered records that the customer's phone has the reply.
type ReplyDelivered struct {
	About
	ReplyID     ReplyID   `json:"reply_id"`
	DeliveredAt time.Time `json:"delivered_at"`
}

// ReplyRead records that the customer opened the reply.
type ReplyRead struct {
	About
	ReplyID ReplyID   `json:"reply_id"`
	ReadAt  time.Time `json:"read_at"`
}

// ReplyRetryRequested records that the customer's phone could not read a reply and asked for it again. It counts by itself, so that
// there is one such event for each count, however often it says the same.
type ReplyRetryRequested struct {
	About
	ReplyID     ReplyID   `json:"reply_id"`
	Count       int       `json:"count"`        // the phone's own, from 1 to MostRetryRequests
	RequestedAt time.Time `json:"requested_at"` // by WhatsApp's clock
}

// MostRetryRequests is how often a phone asks for one message. A reply asked for so often is not readable by the customer, unless
// their phone says later that it has it.
const MostRetryRequests = 5

// Unreadable says whether the phone will not ask again.
func (e ReplyRetryRequested) Unreadable() bool { return e.Count >= MostRetryRequests }

// ReplyRetried records that WhatsApp refused a reply to a customer who had written within a day, and that it goes once more,
// under the same id, when WhatsApp was asked to refresh the chat's privacy token. ReplySent or ReplyFailed follows.
type ReplyRetried struct {
	About
	ReplyID   ReplyID   `json:"reply_id"`
	Code      string    `json:"code"` // WhatsApp's
	RetriedAt time.Time `json:"retried_at"`
}

// ReplyFailed records that the reply was refused for good.
type ReplyFailed struct {
	About
	ReplyID  ReplyID   `json:"reply_id"`
	Code     string    `json:"code"`
	FailedAt time.Time `json:"failed_at"`
}

// ReplyCancelled records that a queued reply will not be sent.
type ReplyCancelled struct {
	About
	ReplyID     ReplyID   `json:"reply_id"`
	Reason      Reason    `json:"reason"`
	CancelledAt time.Time `json:"cancelled_at"`
}

// QuestionUnanswered records a question the bot could not answer, for the owner to learn from.
type QuestionUnanswered struct {
	About
	Cluster   string      `json:"cluster"` // questions of one cluster are shown as one; a hash, never the words
	InReplyTo []MessageID `json:"in_reply_to"`
	SentAt    time.Time   `json:"sent_at,omitzero"` // when its last words were written, by WhatsApp's clock
	AskedAt   time.Time   `json:"asked_at"`         // when the bot gave up on it
	Text      string      `json:"text" personal:"true"`
}

// ConversationHandedOff records that the bot stepped aside for a person.
type ConversationHandedOff struct {
	About
	Reason Reason    `json:"reason"`
	At     time.Time `json:"at"`
}

// ConversationTakenOver records that a member took the chat over in the dashboard.
type ConversationTakenOver struct {
	About
	MemberID MemberID  `json:"member_id"`
	Until    time.Time `json:"until"`
}

// ConversationGivenBack records that the bot may answer in the chat again.
type ConversationGivenBack struct {
	About
	At time.Time `json:"at"`
}

// ConversationOptedOut records that the customer wants no automatic messages.
type ConversationOptedOut struct {
	About
	At time.Time `json:"at"`
}

// ConversationOptedIn records that the customer wants automatic messages again.
type ConversationOptedIn struct {
	About
	At time.Time `json:"at"`
}

// ConversationMuted records that the bot is silent in the chat for a while, against loops and abuse.
type ConversationMuted struct {
	About
	Reason Reason    `json:"reason"`
	Until  time.Time `json:"until"`
}

// ConfirmationAsked records that a !command waits for a word before anything is done.
type ConfirmationAsked struct {
	About
	Word    string    `json:"word"`
	Action  string    `json:"action"`
	Subject string    `json:"subject,omitempty"` // the id of what it is about
	Until   time.Time `json:"until"`
}

// CommandCarriedOut records what a !command did. Arguments are in the message itself.
type CommandCarriedOut struct {
	About
	Command    string          `json:"command"`
	Role       Role            `json:"role"`
	What       string          `json:"what,omitempty"` // what !undo would undo, in words; empty: nothing
	Changed    []ChangedStream `json:"changed,omitempty"`
	Undid      bool            `json:"undid,omitempty"`
	ListedKind string          `json:"listed_kind,omitempty"`
	Listed     []string        `json:"listed,omitempty"` // the ids that the numbers of a list stand for
	At         time.Time       `json:"at"`
}

// ChangedStream is a history that a command added to.
type ChangedStream struct {
	Kind    StreamKind `json:"kind"`
	Key     string     `json:"key,omitempty"`
	Version int        `json:"version"` // it stood at before
	After   int        `json:"after"`   // it stands at since
}

// The stored names of conversation events.
func (MessageReceived) EventType() string        { return "conversation.message_received" }
func (OwnerReplyReclassified) EventType() string { return "conversation.owner_reply_reclassified" }
func (ConfirmationAsked) EventType() string      { return "conversation.confirmation_asked" }
func (CommandCarriedOut) EventType() string      { return "conversation.command_carried_out" }
func (MessageEdited) EventType() string          { return "conversation.message_edited" }
func (MessageDeleted) EventType() string         { return "conversation.message_deleted" }
func (MessageUndecryptable) EventType() string   { return "conversation.message_undecryptable" }
func (IdentityChanged) EventType() string        { return "conversation.identity_changed" }
func (OwnerReplied) EventType() string           { return "conversation.owner_replied" }
func (OwnerCommanded) EventType() string         { return "conversation.owner_commanded" }
func (ReplyDecided) EventType() string           { return "conversation.reply_decided" }
func (ReplyQueued) EventType() string            { return "conversation.reply_queued" }
func (ReplySent) EventType() string              { return "conversation.reply_sent" }
func (ReplyDelivered) EventType() string         { return "conversation.reply_delivered" }
func (ReplyRead) EventType() string              { return "conversation.reply_read" }
func (ReplyRetryRequested) EventType() string    { return "conversation.reply_retry_requested" }
func (ReplyRetried) EventType() string           { return "conversation.reply_retried" }
func (ReplyFailed) EventType() string            { return "conversation.reply_failed" }
func (ReplyCancelled) EventType() string         { return "conversation.reply_cancelled" }
func (QuestionUnanswered) EventType() string     { return "conversation.question_unanswered" }
func (ConversationHandedOff) EventType() string  { return "conversation.handed_off" }
func (ConversationTakenOver) EventType() string  { return "conversation.taken_over" }
func (ConversationGivenBack) EventType() string  { return "conversation.given_back" }
func (ConversationOptedOut) EventType() string   { return "conversation.opted_out" }
func (ConversationOptedIn) EventType() string    { return "conversation.opted_in" }
func (ConversationMuted) EventType() string      { return "conversation.muted" }

func (OwnerReplyReclassified) conversationEvent() {}
func (ConfirmationAsked) conversationEvent()      {}
func (CommandCarriedOut) conversationEvent()      {}
func (MessageReceived) conversationEvent()        {}
func (MessageEdited) conversationEvent()          {}
func (MessageDeleted) conversationEvent()         {}
func (MessageUndecryptable) conversationEvent()   {}
func (IdentityChanged) conversationEvent()        {}
func (OwnerReplied) conversationEvent()           {}
func (OwnerCommanded) conversationEvent()         {}
func (ReplyDecided) conversationEvent()           {}
func (ReplyQueued) conversationEvent()            {}
func (ReplySent) conversationEvent()              {}
func (ReplyDelivered) conversationEvent()         {}
func (ReplyRead) conversationEvent()              {}
func (ReplyRetryRequested) conversationEvent()    {}
func (ReplyRetried) conversationEvent()           {}
func (ReplyFailed) conversationEvent()            {}
func (ReplyCancelled) conversationEvent()         {}
func (QuestionUnanswered) conversationEvent()     {}
func (ConversationHandedOff) conversationEvent()  {}
func (ConversationTakenOver) conversationEvent()  {}
func (ConversationGivenBack) conversationEvent()  {}
func (ConversationOptedOut) conversationEvent()   {}
func (ConversationOptedIn) conversationEvent()    {}
func (ConversationMuted) conversationEvent()      {}

var (
	_ = register[MessageReceived]()
	_ = register[MessageEdited]()
	_ = register[MessageDeleted]()
	_ = register[MessageUndecryptable]()
	_ = register[IdentityChanged]()
	_ = register[OwnerReplied]()
	_ = register[OwnerCommanded]()
	_ = register[ReplyDecided]()
	_ = register[ReplyQueued]()
	_ = register[ReplySent]()
	_ = register[ReplyDelivered]()
	_ = register[ReplyRead]()
	_ = register[ReplyRetryRequested]()
	_ = register[ReplyRetried]()
	_ = register[ReplyFailed]()
	_ = register[ReplyCancelled]()
	_ = register[QuestionUnanswered]()
	_ = register[ConversationHandedOff]()
	_ = register[ConversationTakenOver]()
	_ = register[ConversationGivenBack]()
	_ = register[ConversationOptedOut]()
	_ = register[ConversationOptedIn]()
	_ = register[ConversationMuted]()
	_ = register[CommandCarriedOut]()
	_ = register[ConfirmationAsked]()
	_ = register[OwnerReplyReclassified]()
)
