package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

func TestAppendsOfWhatIsThereAlreadyAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	store, err := postgres.NewEventStore(t.Context(), postgres.EventStoreConfig{DB: w.worker, Keys: w.keys, DSN: w.DSN, Registry: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	id := domain.WorkspaceID(uuid.NewString())
	again := commands.AppendRequest{Workspace: id, Parts: []commands.Part{{
		Stream: domain.ConnectionStream(id), Expected: commands.AnyVersion,
		Events: []domain.NewEvent{{
			ID: domain.EventID(uuid.NewString()), OccurredAt: testTime, Event: domain.ConnectionConnected{WorkspaceID: id, ConnectedAt: testTime},
		}},
	}}}
	for range 3 {
		if _, err := store.Append(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "switchboard_append_duplicates_total" {
			if n := f.GetMetric()[0].GetCounter().GetValue(); n != 2 {
				t.Errorf("%v of two were counted", n)
			}
			return
		}
	}
	t.Error("there is no such metric")
}
