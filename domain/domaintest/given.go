package domaintest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

type evolver[S any, E domain.Event] interface {
	Evolve(e E) S
}

// Story is a state reached by events.
type Story[S any] struct {
	t     *testing.T
	state S
}

// Given folds history onto the zero state.
func Given[S evolver[S, E], E domain.Event](t *testing.T, zero S, history ...E) Story[S] {
	t.Helper()
	for _, e := range history {
		zero = zero.Evolve(e)
	}
	return Story[S]{t: t, state: zero}
}

// Result is what a decision came to.
type Result struct {
	t      *testing.T
	events []domain.Event
	err    error
}

// When asks the state to decide.
func (s Story[S]) When(decide func(S) ([]domain.Event, error)) Result {
	s.t.Helper()
	events, err := decide(s.state)
	return Result{t: s.t, events: events, err: err}
}

// Then expects exactly these events.
func (r Result) Then(want ...domain.Event) {
	r.t.Helper()
	if r.err != nil {
		r.t.Fatalf("refused: %v", r.err)
	}
	if diff := cmp.Diff(want, r.events); diff != "" {
		r.t.Fatalf("decided otherwise (-want +got):\n%s", diff)
	}
}

// ThenNothing expects that nothing changes.
func (r Result) ThenNothing() {
	r.t.Helper()
	if r.err != nil || len(r.events) != 0 {
		r.t.Fatalf("want nothing, got %v, %v", r.events, r.err)
	}
}

// ThenRefused expects a refusal with the given code.
func (r Result) ThenRefused(code string) {
	r.t.Helper()
	refusal := (*domain.Error)(nil)
	if !errors.As(r.err, &refusal) || refusal.Code != code {
		r.t.Fatalf("want refusal %q, got %v, %v", code, r.events, r.err)
	}
}
