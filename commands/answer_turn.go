package commands

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard.example/domain"
)

// Turn is what is known when a customer's turn is decided: a burst of messages that gets one decision.
type Turn struct {
	Workspace    domain.Workspace
	Conversation domain.Conversation
	Customer     domain.Customer
	About        domain.About
	LinkedAt     time.Time // when the number was linked; filled in only where a message of the turn came late
	Taught       int64     // what the FAQs are to be known by, as a position in the log; 0: as they are known
	Unpaced      bool      // limits, the loop mute and the repeat rule are lifted, for tests and benchmarks
}

// Outcome is what was decided about a turn.
type Outcome struct {
	Decided   domain.ReplyDecided // About, InReplyTo and DecidedAt are filled in
	Reply     string              // words to send; empty for silence
	Quotes    domain.MessageID    // the message of the turn that the reply is shown with; empty for none
	Also      []domain.ConversationEvent
	Workspace []domain.Event             // what an owner's command changes
	Effects   []Effect                   // what changes elsewhere
	NewFAQ    *NewFAQ                    // an FAQ to add
	Knew      int64                      // up to where the log was known that changes of FAQs were judged on, as a position
	Adds      func() string              // what the reply says besides, once the effects are decided; nil: nothing
	Send      *Send                      // words to another customer
	Offer     *OfferNumber               // a phone that may command once it proves itself; WorkspaceID is filled in
	Withdraw  string                     // a phone that is offered no longer
	Ignore    string                     // a phone that never wrote, to be left alone
	Done      *domain.CommandCarriedOut  // the trail of a command; About, Changed and At are filled in
	Refused   func(*domain.Error) string // what to say when an effect is refused; nothing is changed then
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
	Others   []ReplyRef     // replies queued in other chats
	Taught   bool           // an FAQ changed
	More     bool           // messages of the same chat were left for a decision of their own
}

// AnswerTurn appends the decision and the queued reply together. Every message of the turn is decided by exactly one
// decision: the expected version makes a second decision on the same messages a conflict.
func (h *Handler) AnswerTurn(ctx context.Context, cmd AnswerTurn) (Answered, error) {
	taught := int64(0)
	for range maxTries {
		turn, versions, err := h.loadTurn(ctx, cmd)
		if err != nil {
			return Answered{}, err
		}
		if turn.Customer.Forgotten {
			return Answered{}, h.abandonTurn(ctx, cmd, turn, versions)
		}
		turn.Taught = taught
		turn.Conversation.Turn = markCommands(turn)
		messages := nextMessages(turn.Conversation.Turn, cmd.OneByOne)
		if len(messages) == 0 {
			return Answered{}, nil
		}
		if slices.ContainsFunc(messages, domain.TurnMessage.Late) {
			link, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(cmd.WorkspaceID))
			if err != nil {
				return Answered{}, err
			}
			turn.LinkedAt = link.PairedAt
		}
		outcome, decided, err := cmd.Choose(turn, messages)
		if err != nil || !decided {
			return Answered{}, about(cmd.CustomerID, messages, err)
		}
		answered, err := h.appendOutcome(ctx, cmd, turn, versions, messages, outcome)
		if behind := (behindError{}); errors.As(err, &behind) {
			taught = behind.position
			continue
		}
		if !errors.Is(err, ErrConflict) {
			return answered, about(cmd.CustomerID, messages, err)
		}
	}
	return Answered{}, errBusy
}

// abandonTurn closes what came in just before a customer was erased.
func (h *Handler) abandonTurn(ctx context.Context, cmd AnswerTurn, turn Turn, at turnVersions) error {
	events := turn.Conversation.Abandon(turn.About, domain.ReasonErased, h.Now())
	if len(events) == 0 {
		return nil
	}
	who := Caller{Actor: domain.Actor{Kind: domain.ActorSystem}, Epoch: cmd.Epoch}
	_, err := h.append(ctx, who, cmd.WorkspaceID, Part{
		Stream: domain.ConversationStream(cmd.WorkspaceID, cmd.CustomerID), Expected: at.conversation,
		Events: h.stamp(domain.DeriveID(string(cmd.CustomerID), "abandoned", fmt.Sprint(at.conversation)), events),
	})
	return err
}

// MessageError is a failure to answer a customer's message.
type MessageError struct {
	Message domain.EventID // that records it
	Err     error
}

func (e MessageError) Error() string { return e.Err.Error() }

// Unwrap is why.
func (e MessageError) Unwrap() error { return e.Err }

func about(c domain.CustomerID, messages []domain.TurnMessage, err error) error {
	if err == nil {
		return nil
	}
	return MessageError{MessageEventID(c, messages[len(messages)-1].ID), err}
}

// markCommands says which messages are commands: those of the self-chat, and what a member writes from their verified phone
// that starts with "!" or is the word a command of theirs waits for. Strangers learn nothing of it.
func markCommands(turn Turn) []domain.TurnMessage {
	if turn.Workspace.RoleOf(turn.About.CustomerID) == "" {
		return turn.Conversation.Turn
	}
	marked := slices.Clone(turn.Conversation.Turn)
	for i, m := range marked {
		text := strings.TrimSpace(m.Text)
		waits := turn.Conversation.Confirm.Word
		marked[i].Command = m.Command || strings.HasPrefix(text, "!") || waits != "" && strings.EqualFold(text, waits)
	}
	return marked
}

type turnVersions struct{ conversation, workspace int64 }

func (h *Handler) loadTurn(ctx context.Context, cmd AnswerTurn) (Turn, turnVersions, error) {
	streams := [...]domain.StreamID{
		domain.ConversationStream(cmd.WorkspaceID, cmd.CustomerID), domain.WorkspaceStream(cmd.WorkspaceID),
		domain.CustomerStream(cmd.WorkspaceID, cmd.CustomerID),
	}
	var known [len(streams)]foldedAt
	from := make([]From, len(streams))
	for i, stream := range streams {
		known[i] = h.folds.get(stream)
		from[i] = From{stream, known[i].version}
	}
	events, err := h.Store.LoadSeveral(ctx, from...)
	if err != nil {
		return Turn{}, turnVersions{}, fmt.Errorf("load a turn: %w", err)
	}
	turn := Turn{About: domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: cmd.CustomerID}, Unpaced: !h.Pacing}
	var at turnVersions
	turn.Conversation, at.conversation = foldOn[domain.Conversation, domain.ConversationEvent](h, streams[0], known[0], events)
	turn.Workspace, at.workspace = foldOn[domain.Workspace, domain.WorkspaceEvent](h, streams[1], known[1], events)
	turn.Customer, _ = foldOn[domain.Customer, domain.CustomerEvent](h, streams[2], known[2], events)
	return turn, at, nil
}

// nextMessages takes the oldest command alone, or the burst of messages before the next command.
func nextMessages(turn []domain.TurnMessage, oneByOne bool) []domain.TurnMessage {
	if oneByOne && len(turn) > 1 {
		return turn[firstReadable(turn):][:1]
	}
	for i, m := range turn {
		if m.Command {
			return turn[:max(i, 1)]
		}
	}
	return turn
}

// firstReadable is where the oldest message with something to decide stands: one that could not be opened waits for a
// readable copy and must not hold up the others.
func firstReadable(turn []domain.TurnMessage) int {
	return max(0, slices.IndexFunc(turn, func(m domain.TurnMessage) bool { return m.Kind != domain.KindUnreadable }))
}

func (h *Handler) appendOutcome(
	ctx context.Context, cmd AnswerTurn, turn Turn, at turnVersions, messages []domain.TurnMessage, o Outcome,
) (Answered, error) {
	last := messages[len(messages)-1]
	decision := domain.DeriveID(string(cmd.CustomerID), "decision", last.Round, string(last.ID))
	elsewhere, err := h.elsewhere(ctx, turn, decision, &o)
	if err != nil {
		return Answered{}, err
	}
	o.Decided.About, o.Decided.InReplyTo, o.Decided.DecidedAt = turn.About, messageIDs(messages), h.Now()
	answered := Answered{Decision: o.Decided.Decision, Others: elsewhere.replies, More: len(messages) < len(turn.Conversation.Turn)}
	events := h.outcomeEvents(turn, messages, o, &answered)
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
	answered.Taught = slices.ContainsFunc(elsewhere.parts, changesFAQ)
	answered.Position, err = h.append(ctx, turn.caller(cmd.Epoch, last), cmd.WorkspaceID, append(parts, elsewhere.parts...)...)
	return answered, err
}

func changesFAQ(p Part) bool {
	return slices.ContainsFunc(p.Events, func(e domain.NewEvent) bool {
		_, ok := e.Event.(domain.FAQEvent)
		return ok
	})
}

// outcomeEvents are the events of the turn's own chat: the decision, what goes with it, and last the reply, so that it is
// known to be decided in spite of what the others say.
func (h *Handler) outcomeEvents(turn Turn, messages []domain.TurnMessage, o Outcome, answered *Answered) []domain.Event {
	after := turn.Conversation.Evolve(o.Decided)
	events := []domain.Event{o.Decided}
	for _, e := range o.Also {
		events, after = append(events, e), after.Evolve(e)
	}
	if o.Done != nil {
		o.Done.About, o.Done.At = turn.About, h.Now()
		events = append(events, *o.Done)
	}
	if o.Reply != "" {
		reply := h.queued(turn.About, o.Reply, o.Decided.InReplyTo, messages[len(messages)-1])
		if at := slices.IndexFunc(messages, func(m domain.TurnMessage) bool { return m.ID == o.Quotes }); at >= 0 {
			reply.Quotes, reply.QuotedText = o.Quotes, messages[at].Text
		}
		if reply.Despite = after.Silence(turn.Workspace, h.Now()); reply.Despite == domain.ReasonOwnerActive {
			reply.Despite = "" // nothing is ever said in spite of a person
		}
		answered.ReplyID = reply.ReplyID
		events = append(events, reply)
	}
	return events
}

// caller is who a decision is made for: the bot, or the person whose command it is.
func (t Turn) caller(epoch int64, last domain.TurnMessage) Caller {
	who := Caller{Actor: domain.Actor{Kind: domain.ActorBot}, Epoch: epoch}
	member := t.Workspace.Phones[t.About.CustomerID]
	var cause domain.Event = domain.MessageReceived{}
	switch {
	case last.Command && t.Workspace.RoleOf(t.About.CustomerID) != "":
		who.Actor = domain.Actor{Kind: domain.ActorMember, ID: string(member)}
	case last.Command:
		who.Actor, cause = domain.Actor{Kind: domain.ActorOwner}, domain.OwnerCommanded{}
	}
	if last.Round == "" {
		who.Cause = domain.EventID(messageEventID(t.About.CustomerID, cause, last.ID))
	}
	return who
}

func (h *Handler) queued(about domain.About, text string, ids []domain.MessageID, last domain.TurnMessage) domain.ReplyQueued {
	id := h.whatsAppID(about, string(last.ID)+last.Round)
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
