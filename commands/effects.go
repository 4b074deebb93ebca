package commands

import (
	"context"
	"errors"
	"fmt"

	"switchboard.example/domain"
)

// Effect is what a decision changes in another stream. It is decided on that stream's history as it stands, and appended in
// the same request: all of it happens, or nothing.
type Effect struct {
	Stream domain.StreamID
	Decide func(history []domain.Recorded) ([]domain.Event, error)
}

// NewFAQ is an FAQ that a command adds. Its number is known only when it is added.
type NewFAQ struct {
	Draft   domain.FAQDraft
	Cluster string                  // the unanswered questions it answers; empty: none, the draft's own are its wordings
	Asked   []domain.LearnedWording // how customers asked them
	Say     func(number int) string // the command's answer
}

func (f NewFAQ) decide(w domain.WorkspaceID, id domain.FAQID, number int) ([]domain.Event, error) {
	if f.Cluster != "" {
		return domain.AnswerCluster(w, id, number, f.Cluster, f.Draft.Answer, f.Asked)
	}
	return domain.AddFAQ(w, id, number, f.Draft)
}

// Send is a person's words for a customer, given by command.
type Send struct {
	CustomerID domain.CustomerID
	Text       string
}

// Change is an effect on a state that is folded from events of kind E.
func Change[S folded[S, E], E domain.Event](stream domain.StreamID, decide func(S) ([]domain.Event, error)) Effect {
	return Effect{Stream: stream, Decide: func(history []domain.Recorded) ([]domain.Event, error) {
		state, _ := Fold[S, E](history)
		return decide(state)
	}}
}

// Revert is an effect that takes a state back to what it was at a version; it is refused when the stream has moved on since.
func Revert[S folded[S, E], E domain.Event](
	w domain.WorkspaceID, changed domain.ChangedStream, back func(now, before S) ([]domain.Event, error),
) Effect {
	stream := domain.StreamID{Workspace: w, Kind: changed.Kind, Key: changed.Key}
	return Effect{Stream: stream, Decide: func(history []domain.Recorded) ([]domain.Event, error) {
		now, version := Fold[S, E](history)
		if version != int64(changed.After) {
			return nil, domain.Refuse(domain.Conflict, "undo.moved_on", "It was changed again since. Nothing was undone.")
		}
		before, _ := Fold[S, E](history[:changed.Version])
		return back(now, before)
	}}
}

// elsewhere is what an outcome appends outside its own chat.
type elsewhere struct {
	parts   []Part
	replies []ReplyRef
}

// elsewhere decides an outcome's effects. A refusal turns the outcome into its explanation, and nothing changes.
func (h *Handler) elsewhere(ctx context.Context, turn Turn, decision string, o *Outcome) (elsewhere, error) {
	var all elsewhere
	err := h.effects(ctx, turn, decision, o, &all)
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) && o.Refused != nil {
		*o = Outcome{Decided: o.Decided, Reply: o.Refused(refusal)}
		return elsewhere{}, nil
	}
	return all, err
}

func (h *Handler) effects(ctx context.Context, turn Turn, decision string, o *Outcome, all *elsewhere) error {
	effects := o.Effects
	if o.NewFAQ != nil {
		added, err := h.newFAQ(ctx, turn, decision, o)
		if err != nil {
			return err
		}
		effects = append(effects, added)
	}
	if o.Ignore != "" {
		ignored, err := h.ignoring(ctx, turn, decision, o.Ignore)
		if err != nil {
			return err
		}
		effects = append(effects, ignored)
	}
	for _, effect := range effects {
		if err := h.effect(ctx, decision, effect, o, all); err != nil {
			return err
		}
	}
	if err := h.judgedElsewhere(ctx, turn, decision, o.Knew, all); err != nil {
		return err
	}
	if o.Adds != nil {
		o.Reply += o.Adds()
	}
	if o.Offer != nil {
		o.Offer.WorkspaceID = turn.About.WorkspaceID
		if _, _, err := h.OfferNumber(ctx, *o.Offer); err != nil {
			return err
		}
	}
	if o.Withdraw != "" && h.Offers != nil {
		if err := h.Offers.Withdraw(ctx, turn.About.WorkspaceID, o.Withdraw, ""); err != nil {
			return fmt.Errorf("withdraw an offered number: %w", err)
		}
	}
	if o.Send != nil {
		return h.send(ctx, turn, decision, *o.Send, all)
	}
	return nil
}

// ignoring makes a customer of a phone, to leave them alone should they ever write.
func (h *Handler) ignoring(ctx context.Context, turn Turn, decision, phone string) (Effect, error) {
	from := Sender{Addresses: []string{phone + "@s.whatsapp.net"}, Phone: phone}
	who, err := h.meet(ctx, turn.About.WorkspaceID, from, h.Now(), domain.MessageID(decision))
	if err != nil {
		return Effect{}, err
	}
	if len(who.parts) > 0 {
		if _, err := h.append(ctx, Caller{Actor: domain.Actor{Kind: domain.ActorOwner}}, who.WorkspaceID, who.parts...); err != nil {
			return Effect{}, fmt.Errorf("record who is ignored: %w", err)
		}
	}
	return Change(domain.CustomerStream(who.WorkspaceID, who.CustomerID), func(c domain.Customer) ([]domain.Event, error) {
		return c.Ignore(who.About, true)
	}), nil
}

func (h *Handler) newFAQ(ctx context.Context, turn Turn, decision string, o *Outcome) (Effect, error) {
	id := domain.FAQID(domain.DeriveID(decision, "faq"))
	if _, err := o.NewFAQ.decide(turn.About.WorkspaceID, id, 0); err != nil {
		return Effect{}, err // refused before a number is spent
	}
	number, err := h.Counters.NextFAQNumber(ctx, turn.About.WorkspaceID)
	if err != nil {
		return Effect{}, fmt.Errorf("number the new faq: %w", err)
	}
	o.Reply = o.NewFAQ.Say(number)
	return Effect{Stream: domain.FAQStream(turn.About.WorkspaceID, id), Decide: func([]domain.Recorded) ([]domain.Event, error) {
		return o.NewFAQ.decide(turn.About.WorkspaceID, id, number)
	}}, nil
}

func (h *Handler) effect(ctx context.Context, decision string, effect Effect, o *Outcome, all *elsewhere) error {
	history, err := h.Store.Load(ctx, effect.Stream, 0)
	if err != nil {
		return fmt.Errorf("load %s: %w", effect.Stream, err)
	}
	events, err := effect.Decide(history)
	if err != nil || len(events) == 0 {
		return err
	}
	version := len(history)
	all.parts = append(all.parts, Part{
		Stream: effect.Stream, Expected: int64(version), Events: h.stamp(domain.DeriveID(decision, effect.Stream.String()), events),
	})
	if o.Done != nil {
		o.Done.Changed = append(o.Done.Changed, domain.ChangedStream{
			Kind: effect.Stream.Kind, Key: effect.Stream.Key, Version: version, After: version + len(events),
		})
	}
	return nil
}

// send queues a person's words in another chat; the bot goes quiet there.
func (h *Handler) send(ctx context.Context, turn Turn, decision string, s Send, all *elsewhere) error {
	about := domain.About{WorkspaceID: turn.About.WorkspaceID, CustomerID: s.CustomerID}
	stream := domain.ConversationStream(about.WorkspaceID, about.CustomerID)
	c, version, err := load[domain.Conversation, domain.ConversationEvent](ctx, h, stream)
	if err != nil {
		return err
	}
	if c.ReplyTo == "" {
		return domain.Refuse(domain.NotFound, "customer.not_found", "Nobody has written from there.")
	}
	if !c.Open(h.Now()) {
		begun, err := h.beginChat(ctx, Caller{Actor: domain.Actor{Kind: domain.ActorOwner}, CommandID: decision}, about)
		if err != nil {
			return err
		}
		all.parts = append(all.parts, begun...)
	}
	id := h.whatsAppID(about, decision)
	reply := domain.ReplyQueued{
		About: about, ReplyID: domain.ReplyIDOf(about.CustomerID, id), WhatsAppID: id, Author: domain.AuthorDashboard,
		QueuedAt: h.Now(), Deadline: h.Now().Add(domain.ReplyDeadline), To: c.ReplyTo, Text: s.Text,
	}
	all.parts = append(all.parts, Part{Stream: stream, Expected: version, Events: h.stamp(decision+"/send", []domain.Event{reply})})
	all.replies = append(all.replies, ReplyRef{WorkspaceID: about.WorkspaceID, CustomerID: about.CustomerID, ReplyID: reply.ReplyID})
	return nil
}
