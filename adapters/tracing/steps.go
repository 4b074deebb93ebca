package tracing

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

var _ whatsapp.Follower = (*Tracing)(nil)

// Follower is told by the session pool; nil when nothing is followed.
func (t *Tracing) Follower() whatsapp.Follower {
	if t == nil {
		return nil
	}
	return t
}

// Received is a message that came in: wa.receive.
func (t *Tracing) Received(a whatsapp.Arrival) {
	m := message{a.WorkspaceID, a.CustomerID, a.MessageID, a.Epoch}
	in := m.trace()
	t.told(step{
		name: received, of: m, trace: in, id: namedIf(a.Err, in, received), kind: trace.SpanKindConsumer,
		began: a.Began, ended: a.Ended, err: a.Err, more: []attribute.KeyValue{attribute.String("messaging.operation.type", "receive")},
	})
}

// Store follows what is appended of messages and of decisions on them: log.append.
func (t *Tracing) Store(next commands.EventStore) commands.EventStore {
	if t == nil {
		return next
	}
	return store{next, t}
}

type store struct {
	commands.EventStore
	tracing *Tracing
}

// Append makes the request durable; see commands.EventStore.
func (s store) Append(ctx context.Context, r commands.AppendRequest) (int64, error) {
	began := s.tracing.now()
	position, err := s.EventStore.Append(ctx, r)
	if err == nil || !soonAgain(err) {
		s.tracing.appended(r, step{began: began, ended: s.tracing.now(), err: err})
	}
	return position, err
}

// soonAgain says whether an append comes again at once, in other words: nothing is wrong, and nothing was done.
func soonAgain(err error) bool {
	return errors.Is(err, commands.ErrConflict) || errors.Is(err, commands.ErrMixed) || errors.Is(err, commands.ErrForgotten)
}

func (t *Tracing) appended(r commands.AppendRequest, s step) {
	for _, p := range r.Parts {
		for _, e := range p.Events {
			s.name, s.kind, s.of.workspace, s.of.epoch = recorded, trace.SpanKindInternal, r.Workspace, r.Epoch
			s.more = []attribute.KeyValue{attribute.String("switchboard.event.type", e.Event.EventType())}
			switch e := e.Event.(type) {
			case domain.MessageReceived:
				s.of.customer, s.of.id = e.CustomerID, e.MessageID
				s.trace = s.of.trace()
				s.id, s.parent = namedIf(s.err, s.trace, recorded), namedIf(s.err, s.trace, received)
			case domain.ReplyDecided:
				if e.Decision == domain.DecideCommand || len(e.InReplyTo) == 0 {
					continue
				}
				s.of.customer, s.of.id = e.CustomerID, e.InReplyTo[len(e.InReplyTo)-1]
				s.trace = s.of.trace()
				s.id, s.parent = trace.SpanID{}, namedIf(s.err, s.trace, decided)
			default:
				continue
			}
			t.told(s)
		}
	}
}

// Apply follows a read model that takes up messages: projection.apply, up to the commit and without it.
func (t *Tracing) Apply(
	readModel string, next func(context.Context, []domain.Recorded, projections.Writer) error,
) func(context.Context, []domain.Recorded, projections.Writer) error {
	if t == nil {
		return next
	}
	return func(ctx context.Context, page []domain.Recorded, w projections.Writer) (err error) {
		began := t.now()
		err = errPanicked
		defer func() { t.applied(readModel, page, step{began: began, ended: t.now(), err: err}) }()
		err = next(ctx, page, w)
		return err
	}
}

func (t *Tracing) applied(readModel string, page []domain.Recorded, s step) {
	if s.err != nil && len(page) > 1 {
		return // it is applied again, event by event, to find the one to blame
	}
	for _, r := range page {
		e, ok := r.Event.(domain.MessageReceived)
		if !ok {
			continue
		}
		of := traceOf(r.ID)
		if s.err == nil && !t.kept.chosen(of) {
			continue // there are many read models
		}
		s.name, s.kind, s.trace, s.links = "projection.apply", trace.SpanKindConsumer, of, []trace.Link{after(of, recorded)}
		s.of = message{workspace: e.WorkspaceID, customer: e.CustomerID, id: e.MessageID}
		s.more = []attribute.KeyValue{attribute.String("switchboard.projection", readModel)}
		t.told(s)
	}
}

// Answerer decides turns.
type Answerer interface {
	AnswerTurn(ctx context.Context, cmd commands.AnswerTurn) (commands.Answered, error)
}

// Answerer follows decisions: bot.decide. One that answers several messages is in the trace of the newest.
func (t *Tracing) Answerer(next Answerer) Answerer {
	if t == nil {
		return next
	}
	return answerer{next, t}
}

type answerer struct {
	next    Answerer
	tracing *Tracing
}

// AnswerTurn decides a turn; see commands.Handler.
func (a answerer) AnswerTurn(ctx context.Context, cmd commands.AnswerTurn) (answered commands.Answered, err error) {
	var turn []domain.TurnMessage
	choose, began := cmd.Choose, a.tracing.now()
	cmd.Choose = func(t commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
		turn = messages
		return choose(t, messages)
	}
	err = errPanicked
	defer func() {
		if err != nil || answered.Decision != "" {
			a.tracing.decided(cmd, turn, answered, step{began: began, ended: a.tracing.now(), err: err})
		}
	}()
	answered, err = a.next.AnswerTurn(ctx, cmd)
	return answered, err
}

func (t *Tracing) decided(cmd commands.AnswerTurn, turn []domain.TurnMessage, answered commands.Answered, s step) {
	if len(turn) == 0 || turn[len(turn)-1].Command {
		return
	}
	s.of = message{cmd.WorkspaceID, cmd.CustomerID, turn[len(turn)-1].ID, cmd.Epoch}
	s.name, s.kind, s.trace = decided, trace.SpanKindConsumer, s.of.trace()
	s.id = namedIf(s.err, s.trace, decided)
	for _, m := range turn {
		if m.Kind != domain.KindUnreadable {
			s.links = append(s.links, after(traceOf(commands.MessageEventID(cmd.CustomerID, m.ID)), recorded))
		}
	}
	s.more = []attribute.KeyValue{attribute.Int("messaging.batch.message_count", len(turn))}
	if answered.Decision != "" {
		s.more = append(s.more, attribute.String("switchboard.decision", string(answered.Decision)))
	}
	t.told(s)
}

// Tried is a try to send a reply: wa.send, and wa.server_ack when WhatsApp answered.
func (t *Tracing) Tried(a whatsapp.Try) {
	m := message{a.WorkspaceID, a.CustomerID, a.MessageID, a.Epoch}
	in := m.trace()
	sent := step{
		name: "wa.send", of: m, trace: in, id: newSpan(), links: []trace.Link{after(in, decided)}, kind: trace.SpanKindProducer,
		began: a.Began, ended: a.Ended, err: a.Err, more: []attribute.KeyValue{
			attribute.String("messaging.operation.type", "send"), attribute.Int("switchboard.try", a.Number),
			attribute.String("switchboard.outcome", a.Outcome), attribute.String("switchboard.code", a.Code),
		},
	}
	if a.Waited > 0 {
		t.told(step{
			name: "wa.server_ack", of: m, trace: in, parent: sent.id, kind: trace.SpanKindClient,
			began: a.Ended.Add(-a.Waited), ended: a.Ended, err: a.Err,
		})
	}
	t.told(sent)
}
