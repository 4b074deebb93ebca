package storetest

import (
	"testing"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func emptyRequest(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	if _, err := s.Append(t.Context(), commands.AppendRequest{Workspace: w}); err == nil {
		t.Error("no parts: no error")
	}
	if _, err := s.Append(t.Context(), request(domain.WorkspaceStream(w), 0)); err == nil {
		t.Error("no events: no error")
	}
}

func foreignStream(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	r := request(domain.WorkspaceStream(w), 0, renamed(w, "mine"))
	r.Workspace = newID[domain.WorkspaceID]()
	if _, err := s.Append(t.Context(), r); err == nil {
		t.Error("no error")
	}
	wantLength(t, s, domain.WorkspaceStream(w), 0)
}

func conflict(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	mustAppend(t, s, request(stream, 0, renamed(w, "first")))
	for _, expected := range []int64{0, 2, 99, -1} {
		wantError(t, s, request(stream, expected, renamed(w, "late")), commands.ErrConflict)
	}
	wantLength(t, s, stream, 1)
	mustAppend(t, s, request(stream, 1, renamed(w, "second")))
	wantWholeLog(t, s)
}

func noStream(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	if position := mustAppend(t, s, request(stream, commands.NoStream, renamed(w, "1"), renamed(w, "2"))); position != 2 {
		t.Errorf("position %d, want that of the last event", position)
	}
	wantError(t, s, request(stream, commands.NoStream, renamed(w, "3")), commands.ErrConflict)
}

func anyVersion(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	for i := range 3 {
		mustAppend(t, s, request(stream, commands.AnyVersion, renamed(w, nameOf(i))))
	}
	wantLength(t, s, stream, 3)
	wantWholeLog(t, s)
}

func guardPart(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	guard, target := domain.WorkspaceStream(w), domain.ConnectionStream(w)
	mustAppend(t, s, request(guard, 0, renamed(w, "1")))
	wantError(t, s, requestOf(
		commands.Part{Stream: guard, Expected: 0},
		commands.Part{Stream: target, Expected: 0, Events: []domain.NewEvent{renamed(w, "x")}},
	), commands.ErrConflict)
	mustAppend(t, s, requestOf(
		commands.Part{Stream: guard, Expected: 1},
		commands.Part{Stream: target, Expected: 0, Events: []domain.NewEvent{renamed(w, "x")}},
	))
	wantLength(t, s, guard, 1)
	wantLength(t, s, target, 1)
	mustAppend(t, s, requestOf(
		commands.Part{Stream: target, Expected: 1, Events: []domain.NewEvent{renamed(w, "y")}},
		commands.Part{Stream: target, Expected: 2},
	))
	wantWholeLog(t, s)
}

func sameStreamTwice(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	wantError(t, s, requestOf(
		commands.Part{Stream: stream, Expected: 0, Events: []domain.NewEvent{renamed(w, "1")}},
		commands.Part{Stream: stream, Expected: 0, Events: []domain.NewEvent{renamed(w, "2")}},
	), commands.ErrConflict)
	wantLength(t, s, stream, 0)
	mustAppend(t, s, requestOf(
		commands.Part{Stream: stream, Expected: 0, Events: []domain.NewEvent{renamed(w, "1"), renamed(w, "2")}},
		commands.Part{Stream: stream, Expected: 2, Events: []domain.NewEvent{renamed(w, "3")}},
	))
	wantLength(t, s, stream, 3)
	wantWholeLog(t, s)
}

func allOrNothing(t *testing.T, s Store) {
	w, c := newID[domain.WorkspaceID](), newID[domain.CustomerID]()
	seen, said := domain.CustomerStream(w, c), domain.ConversationStream(w, c)
	both := func(expected int64) commands.AppendRequest {
		return requestOf(
			commands.Part{Stream: seen, Expected: commands.AnyVersion, Events: []domain.NewEvent{renamed(w, "seen")}},
			commands.Part{Stream: said, Expected: expected, Events: []domain.NewEvent{received(w, c, "hello"), received(w, c, "there")}},
		)
	}
	wantError(t, s, both(7), commands.ErrConflict)
	wantLength(t, s, seen, 0)
	if position := mustAppend(t, s, both(0)); position != 3 {
		t.Errorf("position %d, want that of the last event of the last part", position)
	}
	wantLength(t, s, seen, 1)
	wantLength(t, s, said, 2)
	wantWholeLog(t, s)
}

func resend(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	r := request(stream, 0, renamed(w, "1"), renamed(w, "2"))
	first := mustAppend(t, s, r)
	mustAppend(t, s, request(stream, 2, renamed(w, "3")))
	if again := mustAppend(t, s, r); again != first {
		t.Errorf("sent again: position %d, first %d", again, first)
	}
	wantLength(t, s, stream, 3)
	part := r
	part.Parts = []commands.Part{{Stream: stream, Expected: commands.AnyVersion, Events: r.Parts[0].Events[:1]}}
	if again := mustAppend(t, s, part); again != first-1 {
		t.Errorf("the first event alone: position %d, want %d", again, first-1)
	}
}

func resendTwoStreams(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	r := requestOf(
		commands.Part{Stream: domain.WorkspaceStream(w), Events: []domain.NewEvent{renamed(w, "1")}},
		commands.Part{Stream: domain.ConnectionStream(w), Events: []domain.NewEvent{renamed(w, "2")}},
	)
	first := mustAppend(t, s, r)
	if again := mustAppend(t, s, r); again != first {
		t.Errorf("sent again: position %d, first %d", again, first)
	}
	wantLength(t, s, domain.ConnectionStream(w), 1)
}

func mixed(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	old := renamed(w, "old")
	mustAppend(t, s, request(stream, 0, old))
	wantError(t, s, request(stream, commands.AnyVersion, old, renamed(w, "new")), commands.ErrMixed)
	wantError(t, s, request(stream, commands.AnyVersion, renamed(w, "new"), old), commands.ErrMixed)
	wantError(t, s, requestOf(
		commands.Part{Stream: domain.ConnectionStream(w), Events: []domain.NewEvent{renamed(w, "new")}},
		commands.Part{Stream: stream, Expected: 1, Events: []domain.NewEvent{old}},
	), commands.ErrMixed)
	wantLength(t, s, stream, 1)
	wantLength(t, s, domain.ConnectionStream(w), 0)
}

func repeatedID(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	e := renamed(w, "1")
	wantError(t, s, request(domain.WorkspaceStream(w), 0, e, e), commands.ErrMixed)
	wantLength(t, s, domain.WorkspaceStream(w), 0)
}

func fenced(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	r := request(domain.WorkspaceStream(w), 0, renamed(w, "1"))
	r.Epoch = 7
	wantError(t, s, r, commands.ErrFenced)
	wantLength(t, s, domain.WorkspaceStream(w), 0)
}
