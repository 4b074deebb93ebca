package whatsapp_test

import (
	"errors"
	"sync"
	"testing"

	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// The log has the line as connected all the while: it cannot be told, or has not been told yet.
func TestALineIsKnownToBeDownBeforeTheLogCanBeTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.eventually("it is up", func() bool { return w.pool.Down(s.id) == "" })
	w.hooks.onObserve(func(domain.ConnectionEvent) error { return errors.New("the log takes nothing") })

	w.fault(sandbox.Fault{Kind: "drop", Phone: s.phone.Number()})
	s.eventually("a drop is known", func() bool { return w.pool.Down(s.id) == domain.ReasonDropped })
	if s.connection().Status != domain.Connected {
		t.Fatal("the log knows already")
	}

	w.stopPool()
	var mu sync.Mutex
	told := map[domain.WorkspaceID]int{}
	cfg := w.config()
	cfg.Fell = func(workspaces []domain.WorkspaceID) {
		mu.Lock()
		defer mu.Unlock()
		for _, id := range workspaces {
			told[id]++
		}
	}
	w.startPoolWith(cfg)
	s.eventually("taken over and not connected", func() bool {
		_, ours := w.leases.Epoch(s.id)
		return ours && w.pool.Down(s.id) == domain.ReasonRestarted
	})
	if s.connection().Status != domain.Connected {
		t.Fatal("the log knows already")
	}

	w.hooks.onObserve(nil)
	s.awaitConnected(2)
	s.eventually("it is up again", func() bool { return w.pool.Down(s.id) == "" })
	w.fault(sandbox.Fault{Kind: "drop", Phone: s.phone.Number()})
	s.awaitConnected(3)
	mu.Lock()
	defer mu.Unlock()
	if told[s.id] < 1 {
		t.Error("nobody was told to look")
	}
}
