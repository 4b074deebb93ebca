package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// Handler carries out commands. All fields are needed unless they say otherwise.
type Handler struct {
	Store     EventStore
	Addresses Addresses
	Accounts  Accounts
	Counters  Counters
	Sent      SentCounter
	Offers    NumberOffers // may be nil: no phone can be verified
	SignIn    SignInLinks  // may be nil: no links to sign in are given
	Browsers  Browsers     // may be nil: no browser is told of alerts
	Erasure   Erasure      // may be nil: no customer can be erased
	Snapshots Snapshots    // may be nil: all streams are read from their beginning
	Now       func() time.Time
	NewID     func() string // a fresh UUID
	ReplyKey  []byte        // keys the WhatsApp ids of replies, so that nobody else can foresee one
	Pacing    bool          // off lifts the sending limits, for tests and benchmarks

	PushAnywhere bool // push services may be anywhere, also on this machine and without TLS: for tests and demos

	seen  seenCustomers
	folds foldCache
}

// Caller says who asks and makes a command idempotent: the same ID carried out twice changes nothing.
type Caller struct {
	Actor     domain.Actor
	CommandID string // defaults to a fresh id
	Cause     domain.EventID
	Epoch     int64 // the lease epoch of the session's owner; 0 for everybody else
}

// maxTries bounds how often a decision is made again because its stream moved on.
const maxTries = 8

// folded is a state that is folded from events of kind E.
type folded[S any, E domain.Event] interface {
	Evolve(e E) S
}

// Fold returns the state after events, and the version it stands at. Events of other kinds are passed over.
func Fold[S folded[S, E], E domain.Event](events []domain.Recorded) (state S, version int64) {
	for _, r := range events {
		if e, ok := r.Event.(E); ok {
			state = state.Evolve(e)
		}
		version = r.Version
	}
	return state, version
}

// load folds the stream as it stands: what was folded a moment ago, and what came since.
func load[S folded[S, E], E domain.Event](ctx context.Context, h *Handler, stream domain.StreamID) (S, int64, error) {
	var zero S
	known, err := h.recall(ctx, stream)
	if err != nil {
		return zero, 0, fmt.Errorf("load %s: %w", stream, err)
	}
	events, err := h.Store.Load(ctx, stream, known[0].version)
	if err != nil {
		return zero, 0, fmt.Errorf("load %s: %w", stream, err)
	}
	state, version := foldOn[S, E](h, stream, known[0], events)
	h.keep(ctx, stream)
	return state, version, nil
}

// foldOn goes on from what was folded before, with those of the events that are the stream's.
func foldOn[S folded[S, E], E domain.Event](h *Handler, stream domain.StreamID, known foldedAt, events []domain.Recorded) (S, int64) {
	state, _ := known.state.(S)
	version := known.version
	for _, r := range events {
		if r.Stream != stream {
			continue
		}
		if e, ok := r.Event.(E); ok {
			state = state.Evolve(e)
		}
		version = r.Version
	}
	h.folds.put(stream, foldedAt{state, version, known.kept})
	return state, version
}

// decide loads a stream, lets the domain decide, and appends what was decided; it starts over when the stream moved on.
// It returns the position of the last event, or 0 when there was nothing to record.
func decide[S folded[S, E], E domain.Event](
	ctx context.Context, h *Handler, who Caller, stream domain.StreamID, choose func(S) ([]domain.Event, error),
) (int64, error) {
	if who.CommandID == "" {
		who.CommandID = h.NewID()
	}
	for range maxTries {
		state, version, err := load[S, E](ctx, h, stream)
		if err != nil {
			return 0, err
		}
		events, err := choose(state)
		if err != nil || len(events) == 0 {
			return 0, err
		}
		part := Part{Stream: stream, Expected: version, Events: h.stamp(who.CommandID, events)}
		position, err := h.append(ctx, who, stream.Workspace, part)
		if !errors.Is(err, ErrConflict) {
			return position, err
		}
	}
	return 0, errBusy
}

var errBusy = domain.Refuse(domain.Unavailable, "busy", "Too much is changing at once. Please try again.")

func (h *Handler) append(ctx context.Context, who Caller, w domain.WorkspaceID, parts ...Part) (int64, error) {
	return h.Store.Append(ctx, AppendRequest{
		Workspace: w,
		Epoch:     who.Epoch,
		Meta:      domain.Meta{Actor: who.Actor, CausationID: who.Cause},
		Parts:     parts,
		Patient:   patient(parts),
	})
}

// patient says whether all that is recorded is how a reply fared. Half of all events are that, and no person waits for one.
func patient(parts []Part) bool {
	for _, p := range parts {
		for _, e := range p.Events {
			switch e.Event.(type) {
			case domain.ReplySent, domain.ReplyDelivered, domain.ReplyRead, domain.ReplyRetryRequested:
			default:
				return false
			}
		}
	}
	return true
}

// stamp gives each event an id derived from the command, so that a repeated command repeats the ids.
func (h *Handler) stamp(commandID string, events []domain.Event) []domain.NewEvent {
	now := h.Now()
	stamped := make([]domain.NewEvent, len(events))
	for i, e := range events {
		id := domain.DeriveID(commandID, e.EventType(), fmt.Sprint(i))
		stamped[i] = domain.NewEvent{ID: domain.EventID(id), OccurredAt: now, Event: e}
	}
	return stamped
}

// one wraps a single event with a chosen id.
func (h *Handler) one(id string, e domain.Event) []domain.NewEvent {
	return []domain.NewEvent{{ID: domain.EventID(id), OccurredAt: h.Now(), Event: e}}
}
