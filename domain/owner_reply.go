package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What gives an automatic reply of WhatsApp's own app away: whole sentences, within seconds of a customer's message, the same
// in two chats and once in each. Anything else counts as a person, because then the bot is silent: the safe side.
const (
	quickReplyWithin    = 10 * time.Second
	quickReplyMinLength = 20 // characters; people type "OK, one moment" within seconds too
)

// QuickReply is where the same quick words were seen.
type QuickReply struct {
	Seen      []QuickReplyPlace // the first places, one per chat
	ByHand    bool              // seen twice in one chat: a person's habit
	Automatic bool
}

// QuickReplyPlace is one chat in which quick words were seen.
type QuickReplyPlace struct {
	CustomerID CustomerID
	MessageID  MessageID
}

func (q QuickReply) evolve(e WorkspaceQuickReplySeen) QuickReply {
	place := QuickReplyPlace{e.CustomerID, e.MessageID}
	if q.in(e.CustomerID) {
		q.ByHand = !q.Automatic // what is proven stays proven
		return q
	}
	q.Seen = append(slices.Clip(q.Seen), place)
	return q
}

func (q QuickReply) in(c CustomerID) bool {
	return slices.ContainsFunc(q.Seen, func(p QuickReplyPlace) bool { return p.CustomerID == c })
}

// OwnerMessageSeen is what a message from the linked phone to a customer means: what to record in its own chat, in the
// workspace, and in chats whose silence turns out to be due to WhatsApp's own app.
type OwnerMessageSeen struct {
	Reply     OwnerReplied
	Workspace []Event
	Elsewhere []OwnerReplyReclassified
}

// SeeOwnerMessage decides whether a person wrote or WhatsApp's own app answered by itself. The first occurrence counts as a
// person; the proof that follows opens the earlier chat again.
func SeeOwnerMessage(w Workspace, c Conversation, e OwnerReplied) OwnerMessageSeen {
	seen := OwnerMessageSeen{Reply: e}
	if !quickReply(c, e) {
		return seen
	}
	fingerprint := DeriveID(string(w.ID), "quick_reply", strings.ToLower(strings.Join(strings.Fields(e.Text), " ")))
	known := w.QuickReplies[fingerprint]
	if known.ByHand {
		return seen
	}
	here := WorkspaceQuickReplySeen{WorkspaceID: e.WorkspaceID, Fingerprint: fingerprint, CustomerID: e.CustomerID, MessageID: e.MessageID}
	seen.Workspace = []Event{here}
	switch {
	case known.in(e.CustomerID): // twice in one chat
	case known.Automatic:
		seen.Reply.Automatic = true
	case len(known.Seen) > 0:
		seen.Reply.Automatic = true
		seen.Workspace = append(seen.Workspace, WorkspaceAppReplyRecognised{WorkspaceID: e.WorkspaceID, Fingerprint: fingerprint})
		seen.Workspace = append(seen.Workspace, w.Raise(WorkspaceAlertRaised{Kind: AlertAppReply, Subject: fingerprint, CustomerID: e.CustomerID, At: e.SentAt})...)
		for _, p := range known.Seen {
			about := About{WorkspaceID: e.WorkspaceID, CustomerID: p.CustomerID}
			seen.Elsewhere = append(seen.Elsewhere, OwnerReplyReclassified{About: about, MessageID: p.MessageID, Why: ReasonAppReply})
		}
	}
	return seen
}

func quickReply(c Conversation, e OwnerReplied) bool {
	since := e.SentAt.Sub(c.LastMessageAt)
	return !c.LastMessageAt.IsZero() && since >= 0 && since <= quickReplyWithin && utf8.RuneCountInString(e.Text) >= quickReplyMinLength
}
