package commands

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"switchboard.example/domain"
)

// Turn is what is known when a customer's turn is decided: a burst of messages that gets one decision.
type Turn struct {
	Workspace    domain.Workspace
	Conversation domain.Conversation
	About        domain.About
}

// Outcome is what was decided about a turn.
type Outcome struct {
	Decided   domain.ReplyDecided // About, InReplyTo and DecidedAt are filled in
	Reply     string              // words to send; empty for silence
	Also      []domain.ConversationEvent
	Workspace []domain.Event // what an owner's command changes
}

// AnswerTurn decides a customer's open turn, once. Choose is a pure function; it is asked again when something happened
// meanwhile, and it may answer false to leave the turn open for now.
type AnswerTurn struct {
	WorkspaceID domain.WorkspaceID
	CustomerID  domain.CustomerID
	Epoch       int64
	OneByOne    bool // every message is a turn of its own, instead of what has gathered; for when nothing waits for a burst
	Choose      func(Turn, []domain.TurnMessage) (outcome Outcome, decided bool, err error)
}

// Answered is what came of an open turn. The zero value says that nothing was decided.
type Answered struct {
	Position int64
	Decision domain.Decision
	ReplyID  domain.ReplyID // empty for silence
}

// AnswerTurn appends the decision and the queued reply together. Every message of the turn is decided by exactly one
// decision: the expected version makes a second decision on the same messages a conflict.
func (h *Handler) AnswerTurn(ctx context.Context, cmd AnswerTurn) (Answered, error) {
	for range maxTries {
		turn, versions, err := h.loadTurn(ctx, cmd)
		if err != nil {
			return Answered{}, err
		}
		messages := nextMessages(turn.Conversation.Turn, cmd.OneByOne)
		if len(messages) == 0 {
			return Answered{}, nil
		}
		outcome, decided, err := cmd.Choose(turn, messages)
		if err != nil || !decided {
			return Answered{}, err
		}
		answered, err := h.appendOutcome(ctx, cmd, turn, versions, messages, outcome)
		if !errors.Is(err, ErrConflict) {
			return answered, err
		}
	}
	return Answered{}, errBusy
}

type turnVersions struct{ conversation, workspace int64 }

func (h *Handler) loadTurn(ctx context.Context, cmd AnswerTurn) (Turn, turnVersions, error) {
	turn := Turn{About: domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: cmd.CustomerID}}
	var at turnVersions
	var err error
	turn.Conversation, at.conversation, err = load[domain.Conversation, domain.ConversationEvent](
		ctx, h, domain.ConversationStream(cmd.WorkspaceID, cmd.CustomerID))
	if err != nil {
		return Turn{}, at, err
	}
	turn.Workspace, at.workspace, err = load[domain.Workspace, domain.WorkspaceEvent](
		ctx, h, domain.WorkspaceStream(cmd.WorkspaceID))
	return turn, at, err
}

// nextMessages takes the oldest command alone, or the burst of messages before the next command.
func nextMessages(turn []domain.TurnMessage, oneByOne bool) []domain.TurnMessage {
	if oneByOne && len(turn) > 1 {
		return turn[:1]
	}
	for i, m := range turn {
		if m.Command {
			return turn[:max(i, 1)]
		}
	}
	return turn
}

func (h *Handler) appendOutcome(
	ctx context.Context, cmd AnswerTurn, turn Turn, at turnVersions, messages []domain.TurnMessage, o Outcome,
) (Answered, error) {
	ids := messageIDs(messages)
	last := messages[len(messages)-1]
	decision := domain.DeriveID(string(cmd.CustomerID), "decision", string(last.ID))
	o.Decided.About, o.Decided.InReplyTo, o.Decided.DecidedAt = turn.About, ids, h.Now()
	answered := Answered{Decision: o.Decided.Decision}
	events := []domain.Event{o.Decided}
	for _, e := range o.Also {
		events = append(events, e)
	}
	if o.Reply != "" { // last, so that it is known to be decided in spite of what the others say
		reply := h.queued(turn.About, o.Reply, ids, last)
		answered.ReplyID = reply.ReplyID
		events = append(events, reply)
	}
	parts := []Part{{
		Stream:   domain.ConversationStream(cmd.WorkspaceID, cmd.CustomerID),
		Expected: at.conversation,
		Events:   h.stamp(decision, events),
	}}
	if len(o.Workspace) > 0 {
		parts = append(parts, Part{
			Stream: domain.WorkspaceStream(cmd.WorkspaceID), Expected: at.workspace, Events: h.stamp(decision, o.Workspace),
		})
	}
	who := Caller{
		Actor: domain.Actor{Kind: domain.ActorBot}, Epoch: cmd.Epoch,
		Cause: domain.EventID(messageEventID(cmd.CustomerID, received(last), last.ID)),
	}
	if last.Command {
		who.Actor.Kind = domain.ActorOwner
	}
	var err error
	answered.Position, err = h.append(ctx, who, cmd.WorkspaceID, parts...)
	return answered, err
}

func received(m domain.TurnMessage) domain.Event {
	if m.Command {
		return domain.OwnerCommanded{}
	}
	return domain.MessageReceived{}
}

func (h *Handler) queued(about domain.About, text string, ids []domain.MessageID, last domain.TurnMessage) domain.ReplyQueued {
	id := h.whatsAppID(about, string(last.ID))
	return domain.ReplyQueued{
		About: about, ReplyID: domain.ReplyIDOf(about.CustomerID, id), WhatsAppID: id, Author: domain.AuthorBot, InReplyTo: ids,
		Command: last.Command, QueuedAt: h.Now(), Deadline: last.SentAt.Add(domain.ReplyDeadline), To: last.ReplyTo, Text: text,
	}
}

// whatsAppID derives the id under which a reply is sent, however often it is tried. It has the shape WhatsApp's own web
// clients use: "3EB0" and 18 hexadecimal digits.
func (h *Handler) whatsAppID(about domain.About, cause string) domain.MessageID {
	mac := hmac.New(sha256.New, h.ReplyKey)
	_, _ = fmt.Fprintf(mac, "%s\x00%s\x00%s", about.WorkspaceID, about.CustomerID, cause)
	return domain.MessageID("3EB0" + strings.ToUpper(hex.EncodeToString(mac.Sum(nil)[:9])))
}

func messageIDs(messages []domain.TurnMessage) []domain.MessageID {
	ids := make([]domain.MessageID, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	return ids
}
