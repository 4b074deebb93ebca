package domain

import (
	"slices"
	"time"
)

// Rules of time for conversations.
const (
	FreshFor      = 2 * time.Minute  // older than this at receipt: recorded, not answered
	ReplyDeadline = 2 * time.Hour    // a reply not sent by then is cancelled
	QuietAfter    = 60 * time.Minute // the bot's silence in a chat after a person from the business wrote there
	HandOffFor    = 12 * time.Hour   // the bot's silence in a chat it handed to a person, if nobody takes it up
	ChoicesValid  = 15 * time.Minute // how long a number picks from the last list of choices
)

// TurnMessage is one message of a turn.
type TurnMessage struct {
	ID         MessageID
	Kind       MessageKind
	Text       string
	ReplyTo    string
	SentAt     time.Time
	ReceivedAt time.Time
	Command    bool // an owner's !command
}

// Fresh says whether the message was young enough at receipt to be answered.
func (m TurnMessage) Fresh() bool { return m.ReceivedAt.Sub(m.SentAt) <= FreshFor }

// PendingReply is a queued reply that is neither sent, failed nor cancelled.
type PendingReply struct {
	ReplyID    ReplyID
	WhatsAppID MessageID
	Author     Author
	To         string
	Text       string
	InReplyTo  []MessageID
	QueuedAt   time.Time
	Deadline   time.Time
	Command    bool   // answers an owner's !command
	Answers    bool   // it answers what was asked, so that the messages count as read
	Despite    Reason // the silence that held when it was decided, and that it was decided in spite of
}

// Conversation is one customer with one workspace, folded from its events. The zero value has said nothing.
type Conversation struct {
	Turn    []TurnMessage  // received and not yet decided on, oldest first
	Pending []PendingReply // to be sent, oldest first

	LastMessageAt time.Time
	LastReplyAt   time.Time
	LastOwnerAt   time.Time // when a person from the business last wrote here
	LastDecision  Decision
	LastFAQ       FAQID
	GreetedAt     time.Time
	Choices       []FAQID // what a number picks from, in order
	ChoicesAt     time.Time
	Fallbacks     int // in a row
	HandedOffAt   time.Time
	TakenUntil    time.Time
	OptedOut      bool
	MutedUntil    time.Time
}

// Evolve returns the conversation after e.
func (c Conversation) Evolve(e ConversationEvent) Conversation {
	switch e := e.(type) {
	case MessageReceived:
		c.LastMessageAt = e.SentAt
		c.Turn = append(slices.Clip(c.Turn), TurnMessage{
			ID: e.MessageID, Kind: e.Kind, Text: e.Text, ReplyTo: e.ReplyTo, SentAt: e.SentAt, ReceivedAt: e.ReceivedAt,
		})
	case MessageEdited:
		c.Turn = editTurn(c.Turn, e.MessageID, e.Text)
	case MessageDeleted:
		c.Turn = dropFromTurn(c.Turn, e.MessageID)
	case MessageUndecryptable:
	case OwnerReplied:
		c.LastOwnerAt = later(c.LastOwnerAt, e.SentAt)
		c.HandedOffAt, c.Fallbacks = time.Time{}, 0
	case OwnerCommanded:
		c.Turn = append(slices.Clip(c.Turn), TurnMessage{
			ID: e.MessageID, Kind: KindText, Text: e.Text, ReplyTo: e.ReplyTo, SentAt: e.SentAt, ReceivedAt: e.ReceivedAt, Command: true,
		})
	case ReplyDecided:
		c = c.evolveDecided(e)
	case ReplyQueued:
		c = c.evolveQueued(e)
	case ReplySent:
		c.Pending, c.LastReplyAt = withoutReply(c.Pending, e.ReplyID), e.SentAt
	case ReplyFailed:
		c.Pending = withoutReply(c.Pending, e.ReplyID)
	case ReplyCancelled:
		c.Pending = withoutReply(c.Pending, e.ReplyID)
	case ReplyDelivered, ReplyRead, QuestionUnanswered:
	case ConversationHandedOff:
		c.HandedOffAt = e.At
	case ConversationTakenOver:
		c.TakenUntil = e.Until
	case ConversationGivenBack:
		c.TakenUntil, c.LastOwnerAt, c.HandedOffAt = time.Time{}, time.Time{}, time.Time{}
	case ConversationOptedOut:
		c.OptedOut = true
	case ConversationOptedIn:
		c.OptedOut = false
	case ConversationMuted:
		c.MutedUntil = e.Until
	}
	return c
}

func (c Conversation) evolveDecided(e ReplyDecided) Conversation {
	for _, id := range e.InReplyTo {
		c.Turn = dropFromTurn(c.Turn, id)
	}
	if e.Decision == DecideSilence {
		return c
	}
	c.LastDecision, c.LastFAQ = e.Decision, e.FAQ
	c.Fallbacks++
	if e.Decision != DecideFallback {
		c.Fallbacks = 0
	}
	if e.Decision == DecideGreeting {
		c.GreetedAt = e.DecidedAt
	}
	c.Choices = nil
	if e.Decision == DecideGreeting || e.Decision == DecideChoices {
		c.Choices, c.ChoicesAt = faqsOf(e.Candidates), e.DecidedAt
	}
	return c
}

func (c Conversation) evolveQueued(e ReplyQueued) Conversation {
	c.Pending = append(slices.Clip(c.Pending), PendingReply{
		ReplyID: e.ReplyID, WhatsAppID: e.WhatsAppID, Author: e.Author, To: e.To, Text: e.Text,
		InReplyTo: e.InReplyTo, QueuedAt: e.QueuedAt, Deadline: e.Deadline, Command: e.Command,
		Despite: c.Silence(e.QueuedAt), Answers: e.Author != AuthorBot || c.LastDecision == DecideAnswer,
	})
	return c
}

// Silence is why the bot does not speak in this chat at the given time; empty when it may.
func (c Conversation) Silence(now time.Time) Reason {
	switch {
	case c.OptedOut:
		return ReasonOptedOut
	case now.Before(c.TakenUntil), now.Before(c.LastOwnerAt.Add(QuietAfter)):
		return ReasonOwnerActive
	case now.Before(c.HandedOffAt.Add(HandOffFor)):
		return ReasonHuman
	case now.Before(c.MutedUntil):
		return ReasonLoop
	}
	return ""
}

// Gate is the last check before a reply leaves: why it must not be sent any more, or empty to send it.
func (c Conversation) Gate(r PendingReply, w Workspace, now time.Time) Reason {
	if now.After(r.Deadline) {
		return ReasonTooLate
	}
	if r.Author != AuthorBot || r.Command {
		return "" // a person's own words, and answers to the owner, go out whatever the plan or the pause
	}
	if silence := w.Silence(now); silence != "" {
		return silence
	}
	if silence := c.Silence(now); silence != r.Despite {
		return silence
	}
	return ""
}

func faqsOf(candidates []Candidate) []FAQID {
	ids := make([]FAQID, len(candidates))
	for i, c := range candidates {
		ids[i] = c.FAQ
	}
	return ids
}

// FindPending returns the queued reply with the given id.
func (c Conversation) FindPending(id ReplyID) (PendingReply, bool) {
	for _, r := range c.Pending {
		if r.ReplyID == id {
			return r, true
		}
	}
	return PendingReply{}, false
}

func editTurn(turn []TurnMessage, id MessageID, text string) []TurnMessage {
	edited := make([]TurnMessage, 0, len(turn))
	for _, m := range turn {
		if m.ID == id {
			m.Text = text
		}
		edited = append(edited, m)
	}
	return edited
}

func dropFromTurn(turn []TurnMessage, id MessageID) []TurnMessage {
	kept := make([]TurnMessage, 0, len(turn))
	for _, m := range turn {
		if m.ID != id {
			kept = append(kept, m)
		}
	}
	return kept
}

func withoutReply(pending []PendingReply, id ReplyID) []PendingReply {
	kept := make([]PendingReply, 0, len(pending))
	for _, r := range pending {
		if r.ReplyID != id {
			kept = append(kept, r)
		}
	}
	return kept
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// ReplyIDOf returns the id of the reply that WhatsApp knows under id in the customer's chat, whoever wrote it. It is derived,
// so that a receipt needs no look-up.
func ReplyIDOf(c CustomerID, id MessageID) ReplyID {
	return ReplyID(DeriveID(string(c), "reply", string(id)))
}
