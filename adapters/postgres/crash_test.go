package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// The server is killed twice under 24 writers. Every append is answered in the end, nothing acknowledged is lost, and
// sending everything again changes nothing.
func TestAServerCrashLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("crashes a durable server")
	}
	const writers, each = 24, 60
	server := pgtest.Server(t)
	w := openWorld(t, server.Database)
	workspace := newID[domain.WorkspaceID]()

	type promise struct {
		request  commands.AppendRequest
		position int64
	}
	promises := make([][]promise, writers)
	var acknowledged atomic.Int64
	marks := []chan struct{}{make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for n := range each {
				stream := domain.FAQStream(workspace, domain.FAQID(domain.DeriveID(domain.Namespace, string(rune('a'+i)))))
				r := request(stream, int64(2*n), renamed(workspace, "one"), renamed(workspace, "two"))
				position, err := w.store.Append(t.Context(), r)
				if err != nil {
					t.Errorf("writer %d, append %d: %v", i, n, err)
					return
				}
				promises[i] = append(promises[i], promise{r, position})
				switch acknowledged.Add(1) {
				case writers * each / 4:
					close(marks[0])
				case writers * each / 2:
					close(marks[1])
				}
			}
		})
	}
	for _, mark := range marks {
		select {
		case <-mark:
		case <-t.Context().Done():
			t.Fatal("the writers stopped")
		}
		server.Kill()
		server.Restart()
	}
	all.Wait()

	log, err := w.store.Page(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	at := map[domain.EventID]int64{}
	for i, r := range log {
		if r.Position != int64(i)+1 {
			t.Fatalf("position %d at place %d", r.Position, i+1)
		}
		at[r.ID] = r.Position
	}
	if len(log) != writers*each*2 {
		t.Errorf("%d events in the log, want %d", len(log), writers*each*2)
	}
	for _, of := range promises {
		for _, p := range of {
			if last := p.request.Parts[0].Events[1].ID; at[last] != p.position {
				t.Fatalf("promised at %d, found at %d", p.position, at[last])
			}
			if again := mustAppend(t, w.store, p.request); again != p.position {
				t.Fatalf("sent again: position %d, first %d", again, p.position)
			}
		}
	}
	if head, err := w.store.Head(t.Context()); err != nil || head != int64(len(log)) {
		t.Errorf("head %d after sending everything again, %v", head, err)
	}
}
