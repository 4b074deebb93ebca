package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// together runs n goroutines and waits for them.
func together(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func racingWriters(t *testing.T, s Store) {
	const writers, each = 8, 6
	w := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(w)
	var conflicts atomic.Int64
	together(writers, func(int) {
		for done := 0; done < each; {
			history, err := s.Load(t.Context(), stream, 0)
			if err != nil {
				t.Error(err)
				return
			}
			version := int64(len(history))
			_, err = s.Append(t.Context(), request(stream, version, renamed(w, nameOf(len(history)))))
			switch {
			case err == nil:
				done++
			case errors.Is(err, commands.ErrConflict):
				conflicts.Add(1)
			default:
				t.Error(err)
				return
			}
		}
	})
	log := wantWholeLog(t, s)
	if len(log) != writers*each {
		t.Fatalf("%d events, want %d", len(log), writers*each)
	}
	for i, r := range log { // each was decided on exactly the history before it
		if r.Event != (domain.WorkspaceRenamed{WorkspaceID: w, Name: nameOf(i)}) {
			t.Fatalf("version %d was decided on another version: %v", r.Version, r.Event)
		}
	}
	t.Logf("%d conflicts", conflicts.Load())
}

func conflictBesideSuccess(t *testing.T, s Store) {
	const n = 64
	w := newID[domain.WorkspaceID]()
	var wrong atomic.Int64
	together(n, func(i int) {
		stream := domain.FAQStream(w, newID[domain.FAQID]())
		expected, want := int64(0), error(nil)
		if i%2 == 1 {
			expected, want = 5, commands.ErrConflict
		}
		if _, err := s.Append(t.Context(), request(stream, expected, renamed(w, nameOf(i)))); !errors.Is(err, want) {
			wrong.Add(1)
		}
	})
	if wrong.Load() > 0 {
		t.Errorf("%d wrong answers", wrong.Load())
	}
	if log := wantWholeLog(t, s); len(log) != n/2 {
		t.Errorf("%d events, want %d", len(log), n/2)
	}
}

func racingResends(t *testing.T, s Store) {
	const sides = 32
	w := newID[domain.WorkspaceID]()
	requests := make([]commands.AppendRequest, 4)
	for i := range requests {
		stream := domain.FAQStream(w, newID[domain.FAQID]())
		requests[i] = request(stream, commands.NoStream, renamed(w, "1"), renamed(w, "2"))
	}
	var mu sync.Mutex
	positions := map[int]map[int64]bool{}
	together(sides, func(i int) {
		which := i % len(requests)
		position, err := s.Append(t.Context(), requests[which])
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if positions[which] == nil {
			positions[which] = map[int64]bool{}
		}
		positions[which][position] = true
	})
	for which, seen := range positions {
		if len(seen) != 1 {
			t.Errorf("request %d was answered with %d positions", which, len(seen))
		}
	}
	if log := wantWholeLog(t, s); len(log) != 2*len(requests) {
		t.Errorf("%d events, want %d", len(log), 2*len(requests))
	}
}

func contiguous(t *testing.T, s Store) {
	const writers, each = 16, 8
	w := newID[domain.WorkspaceID]()
	var mu sync.Mutex
	promised := map[domain.EventID]int64{}
	together(writers, func(i int) {
		own := domain.FAQStream(w, newID[domain.FAQID]())
		shared := domain.FAQStream(w, domain.FAQID(domain.DeriveID(domain.Namespace, nameOf(i%3))))
		for n := range each {
			a, b, c := renamed(w, nameOf(n)), renamed(w, nameOf(n)), renamed(w, nameOf(n))
			position, err := s.Append(t.Context(), requestOf(
				commands.Part{Stream: own, Expected: int64(2 * n), Events: []domain.NewEvent{a, b}},
				commands.Part{Stream: shared, Expected: commands.AnyVersion, Events: []domain.NewEvent{c}},
			))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			promised[a.ID], promised[b.ID], promised[c.ID] = position-2, position-1, position
			mu.Unlock()
		}
	})
	log := wantWholeLog(t, s)
	if len(log) != writers*each*3 || len(promised) != len(log) {
		t.Fatalf("%d events in the log, %d promised, want %d", len(log), len(promised), writers*each*3)
	}
	for i, r := range log {
		if promised[r.ID] != r.Position {
			t.Fatalf("event %s is at %d, promised was %d", r.ID, r.Position, promised[r.ID])
		}
		if i > 0 && r.RecordedAt.Before(log[i-1].RecordedAt) {
			t.Fatalf("position %d was recorded before the one in front of it", r.Position)
		}
	}
}

func cancelled(t *testing.T, s Store) {
	w := newID[domain.WorkspaceID]()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	contexts := []context.Context{t.Context(), gone}
	var stored atomic.Int64
	together(64, func(i int) {
		stream := domain.FAQStream(w, newID[domain.FAQID]())
		_, err := s.Append(contexts[i%2], request(stream, 0, renamed(w, nameOf(i))))
		switch {
		case err == nil:
			stored.Add(1)
		case i%2 == 0 || !errors.Is(err, context.Canceled):
			t.Error(err)
		}
	})
	if log := wantWholeLog(t, s); int64(len(log)) != stored.Load() {
		t.Errorf("%d events, promised were %d", len(log), stored.Load())
	}
}
