package postgres_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func TestTheNewestSnapshotOfTheNewestSchemaIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, other := domain.ConnectionStream(domain.WorkspaceID(uuid.NewString())), domain.ConnectionStream(domain.WorkspaceID(uuid.NewString()))
	keep := func(schema int, all ...commands.Snapshot) {
		t.Helper()
		if err := w.store.KeepSnapshots(t.Context(), schema, all...); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(schema int, want map[domain.StreamID]string) {
		t.Helper()
		all, err := w.store.Snapshots(t.Context(), schema, one, other)
		if err != nil {
			t.Fatal(err)
		}
		got := map[domain.StreamID]string{}
		for _, s := range all {
			var word string
			if err := json.Unmarshal(s.State, &word); err != nil {
				t.Fatal(err)
			}
			got[s.Stream] = word
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	expect(1, map[domain.StreamID]string{})
	keep(1, commands.Snapshot{Stream: one, Version: 200, State: []byte(`"first"`)}, commands.Snapshot{Stream: other, Version: 300, State: []byte(`"other"`)})
	expect(1, map[domain.StreamID]string{one: "first", other: "other"})
	keep(1, commands.Snapshot{Stream: one, Version: 400, State: []byte(`"second"`)}, commands.Snapshot{Stream: other, Version: 299, State: []byte(`"late"`)})
	expect(1, map[domain.StreamID]string{one: "second", other: "other"})
	keep(2, commands.Snapshot{Stream: one, Version: 200, State: []byte(`"newer program"`)})
	keep(1, commands.Snapshot{Stream: one, Version: 600, State: []byte(`"older program"`)})
	expect(2, map[domain.StreamID]string{one: "newer program"})
	expect(1, map[domain.StreamID]string{other: "other"})
}
