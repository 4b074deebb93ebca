package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func roundTrip(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	first := renamed(w, `Ada's "Kitchen" \ {1,2} NULL 🍲`)
	r := request(stream, 0, first)
	r.Meta = domain.Meta{
		Actor:       domain.Actor{Kind: domain.ActorMember, ID: "someone, with {commas}"},
		CausationID: newID[domain.EventID](), CorrelationID: newID[domain.EventID](),
	}
	position := mustAppend(t, s, r)
	want := []domain.Recorded{{
		Position: position, ID: first.ID, Stream: stream, Version: 1, Type: "workspace.renamed", SchemaVersion: 1,
		OccurredAt: at, Actor: r.Meta.Actor, CausationID: r.Meta.CausationID, CorrelationID: r.Meta.CorrelationID, Event: first.Event,
	}}
	got := mustLoad(t, s, stream, 0)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(domain.Recorded{}, "RecordedAt")); diff != "" {
		t.Fatal(diff)
	}
	if got[0].RecordedAt.IsZero() {
		t.Error("it is not known when the event was recorded")
	}

	plain := renamed(w, "again")
	mustAppend(t, s, request(stream, 1, plain))
	if got := mustLoad(t, s, stream, 1)[0]; got.CausationID != "" || got.CorrelationID != plain.ID {
		t.Errorf("without metadata: causation %q, correlation %q; want none and the event's own id", got.CausationID, got.CorrelationID)
	}
	caused := request(stream, 2, renamed(w, "because"))
	caused.Meta.CausationID = first.ID
	mustAppend(t, s, caused)
	if got := mustLoad(t, s, stream, 2)[0]; got.CausationID != first.ID || got.CorrelationID != first.ID {
		t.Errorf("with a cause only: causation %q, correlation %q; want %q twice", got.CausationID, got.CorrelationID, first.ID)
	}
}

func personalRoundTrip(t *testing.T, s Store) {
	w, c := newID[domain.WorkspaceID](), newID[domain.CustomerID]()
	stream := domain.ConversationStream(w, c)
	words := received(w, c, "quotes \" and \\ and \x00 and ẹ káàárọ̀")
	silent := received(w, c, "")
	mustAppend(t, s, request(stream, 0, words, silent))
	got := mustLoad(t, s, stream, 0)
	if diff := cmp.Diff([]domain.Event{words.Event, silent.Event}, []domain.Event{got[0].Event, got[1].Event}); diff != "" {
		t.Fatal(diff)
	}
	if got[0].Forgotten || got[1].Forgotten {
		t.Error("nobody was forgotten")
	}
}

func loadAfter(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	mustAppend(t, s, request(stream, 0, renamed(w, "1"), renamed(w, "2"), renamed(w, "3")))
	if got := mustLoad(t, s, stream, 1); len(got) != 2 || got[0].Version != 2 || got[1].Version != 3 {
		t.Fatalf("after version 1: %v", got)
	}
	if got := mustLoad(t, s, stream, 3); len(got) != 0 {
		t.Fatalf("after the last version: %v", got)
	}
	if got := mustLoad(t, s, domain.FAQStream(w, newID[domain.FAQID]()), 0); len(got) != 0 {
		t.Fatalf("a stream that does not exist: %v", got)
	}
	page, err := s.Page(t.Context(), 1, 1)
	if err != nil || len(page) != 1 || page[0].Position != 2 {
		t.Fatalf("one event after position 1: %v, %v", page, err)
	}
}

func workspacesApart(t *testing.T, s Store) {
	one, two := newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	faq := newID[domain.FAQID]()
	mustAppend(t, s, request(domain.FAQStream(one, faq), 0, renamed(one, "one")))
	mustAppend(t, s, request(domain.FAQStream(two, faq), 0, renamed(two, "two")))
	wantLength(t, s, domain.FAQStream(one, faq), 1)
	wantLength(t, s, domain.FAQStream(two, faq), 1)
}

func loadSeveral(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	customer := newID[domain.CustomerID]()
	first, second, none := domain.WorkspaceStream(w), domain.ConversationStream(w, customer), domain.FAQStream(w, newID[domain.FAQID]())
	mustAppend(t, s, request(first, 0, renamed(w, "1"), renamed(w, "2")))
	mustAppend(t, s, request(second, 0, received(w, customer, "1"), received(w, customer, "2")))
	mustAppend(t, s, request(first, 2, renamed(w, "3")))
	got, err := s.LoadSeveral(t.Context(), commands.From{Stream: second, After: 1}, commands.From{Stream: none}, commands.From{Stream: first, After: 1})
	if err != nil {
		t.Fatal(err)
	}
	versions := map[domain.StreamID][]int64{}
	for _, r := range got {
		versions[r.Stream] = append(versions[r.Stream], r.Version)
	}
	if diff := cmp.Diff(map[domain.StreamID][]int64{first: {2, 3}, second: {2}}, versions); diff != "" {
		t.Error(diff)
	}
	if got, err := s.LoadSeveral(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("of no stream: %v, %v", got, err)
	}
}
