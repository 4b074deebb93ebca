package feed_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/feed"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

func TestSomeEventsAreNotLeftToGather(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws := newWorkspace()
	patient := seeing("patient", nil)
	patient.Gather, patient.AtOnce = time.Hour, []string{domain.ConnectionDisconnected{}.EventType()}
	w.run(w.feed(w.config(), func(f *feed.Feed) { f.Project(patient) }))
	first := w.append(ws, 1)
	eventually(t, "the first event after a quiet time is applied at once", func() bool { return slices.Contains(w.seen("patient"), first) })
	w.append(ws, 3)
	last, err := record(t.Context(), w.store, ws, domain.ConnectionDisconnected{WorkspaceID: ws, Reason: domain.ReasonClosedByOwner})
	must(t, err)
	eventually(t, "an event that is not to wait takes those before it along", func() bool { return slices.Contains(w.seen("patient"), last) })
	w.wantOnce("patient", last)
}

func TestEventsComeTogetherUntilSomebodyWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	var pages []int
	patient := seeing("patient", nil)
	patient.Gather = time.Hour
	write := patient.Apply
	patient.Apply = func(ctx context.Context, page []domain.Recorded, to projections.Writer) error {
		mu.Lock()
		defer mu.Unlock()
		pages = append(pages, len(page))
		return write(ctx, page, to)
	}
	f := w.feed(w.config(), func(f *feed.Feed) {
		f.Project(seeing("prompt", nil))
		f.Project(patient)
	})
	w.run(f)
	w.append(newWorkspace(), 1)
	eventually(t, "the first event after a quiet time is applied at once", func() bool { return slices.Contains(w.seen("patient"), 1) })
	var head int64
	for range 5 {
		head = w.append(newWorkspace(), 1)
		w.wait(f, "prompt", head)
	}
	w.wait(f, "patient", head)
	w.wantOnce("patient", head)
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]int{1, 5}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}
