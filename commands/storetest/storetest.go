package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Store is an event store whose whole log can be read.
type Store interface {
	commands.EventStore
	Page(ctx context.Context, after int64, limit int) ([]domain.Recorded, error)
}

// Run checks a store; newStore returns an empty one of its own for each test.
func Run(t *testing.T, newStore func(t *testing.T) Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Store){
		"events come back as they were appended":                              roundTrip,
		"personal fields come back":                                           personalRoundTrip,
		"Load returns what follows a version":                                 loadAfter,
		"several streams are read on at one moment":                           loadSeveral,
		"streams of two workspaces never mix":                                 workspacesApart,
		"an empty request is refused":                                         emptyRequest,
		"a stream of another workspace is refused":                            foreignStream,
		"an unexpected version is a conflict and stores nothing":              conflict,
		"a new stream can be asked for":                                       noStream,
		"any version always fits":                                             anyVersion,
		"a part without events only checks its stream":                        guardPart,
		"a stream named twice in a request is judged part by part":            sameStreamTwice,
		"a request over two streams is stored whole or not at all":            allOrNothing,
		"a request sent again is answered with its first position":            resend,
		"a request of two streams sent again is answered with the last one":   resendTwoStreams,
		"a request mixing stored and new ids is refused":                      mixed,
		"an id twice in one request is refused":                               repeatedID,
		"racing writers of one stream lose nothing and leave no gap":          racingWriters,
		"a conflict does not fail the requests beside it":                     conflictBesideSuccess,
		"the same request from many sides at once is stored once":             racingResends,
		"positions have no gaps and follow each stream's versions":            contiguous,
		"a request under an epoch nobody gave is fenced":                      fenced,
		"a cancelled caller gets an answer and what was promised is in there": cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newStore(t))
		})
	}
}

// newID is a fresh UUID.
func newID[ID ~string]() ID { return ID(domain.DeriveID(domain.Namespace, rand.Text())) }

// at is when everything in these tests happens.
var at = time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)

// renamed is an event without anything personal.
func renamed(w domain.WorkspaceID, name string) domain.NewEvent {
	return domain.NewEvent{ID: newID[domain.EventID](), OccurredAt: at, Event: domain.WorkspaceRenamed{WorkspaceID: w, Name: name}}
}

// received is an event with personal fields.
func received(w domain.WorkspaceID, c domain.CustomerID, text string) domain.NewEvent {
	return domain.NewEvent{ID: newID[domain.EventID](), OccurredAt: at, Event: domain.MessageReceived{
		About: domain.About{WorkspaceID: w, CustomerID: c}, MessageID: "3EB0", Kind: "text", SentAt: at, ReceivedAt: at,
		Text: text, ReplyTo: "2348030000001@s.whatsapp.net",
	}}
}

// request is one part for one stream.
func request(stream domain.StreamID, expected int64, events ...domain.NewEvent) commands.AppendRequest {
	return requestOf(commands.Part{Stream: stream, Expected: expected, Events: events})
}

func requestOf(parts ...commands.Part) commands.AppendRequest {
	return commands.AppendRequest{
		Workspace: parts[0].Stream.Workspace,
		Meta:      domain.Meta{Actor: domain.Actor{Kind: domain.ActorMember, ID: "a member"}},
		Parts:     parts,
	}
}

func mustAppend(t *testing.T, s Store, r commands.AppendRequest) int64 {
	t.Helper()
	position, err := s.Append(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return position
}

func wantError(t *testing.T, s Store, r commands.AppendRequest, want error) {
	t.Helper()
	if position, err := s.Append(t.Context(), r); !errors.Is(err, want) {
		t.Fatalf("position %d, error %v; want %v", position, err, want)
	}
}

func mustLoad(t *testing.T, s Store, stream domain.StreamID, after int64) []domain.Recorded {
	t.Helper()
	events, err := s.Load(t.Context(), stream, after)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func mustPage(t *testing.T, s Store) []domain.Recorded {
	t.Helper()
	events, err := s.Page(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func wantLength(t *testing.T, s Store, stream domain.StreamID, want int) {
	t.Helper()
	if got := mustLoad(t, s, stream, 0); len(got) != want {
		t.Fatalf("%s has %d events, want %d", stream, len(got), want)
	}
}

// wantWholeLog checks positions without gaps and versions without gaps in every stream, and returns the log.
func wantWholeLog(t *testing.T, s Store) []domain.Recorded {
	t.Helper()
	log := mustPage(t, s)
	versions := map[domain.StreamID]int64{}
	ids := map[domain.EventID]bool{}
	for i, r := range log {
		versions[r.Stream]++
		if r.Position != int64(i)+1 || r.Version != versions[r.Stream] || ids[r.ID] {
			t.Fatalf("event %d of the log has position %d, version %d of %s (want %d), id seen before: %v",
				i+1, r.Position, r.Version, r.Stream, versions[r.Stream], ids[r.ID])
		}
		ids[r.ID] = true
	}
	return log
}

func nameOf(i int) string { return fmt.Sprintf("name %d", i) }
