package postgres_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

func TestFindingEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	customer := newID[domain.CustomerID]()
	talk := domain.ConversationStream(mine, customer)
	mustAppend(t, w.store, request(domain.WorkspaceStream(mine), 0, renamed(mine, "1"), renamed(mine, "2")))            // 1, 2
	mustAppend(t, w.store, request(domain.WorkspaceStream(theirs), 0, renamed(theirs, "3")))                            // 3
	mustAppend(t, w.store, request(talk, 0, received(mine, customer, "4")))                                             // 4
	mustAppend(t, w.store, request(domain.ConversationStream(mine, newID[domain.CustomerID]()), 0, renamed(mine, "5"))) // 5
	log, err := w.store.Page(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		query postgres.Query
		want  []int64
	}{
		"all of one workspace":     {postgres.Query{}, []int64{1, 2, 4, 5}},
		"after a position":         {postgres.Query{After: 1}, []int64{2, 4, 5}},
		"up to a position":         {postgres.Query{Through: 4}, []int64{1, 2, 4}},
		"the first ones":           {postgres.Query{Limit: 2}, []int64{1, 2}},
		"by type":                  {postgres.Query{Types: []string{"conversation.message_received", "x.y"}}, []int64{4}},
		"by stream":                {postgres.Query{Stream: talk}, []int64{4}},
		"by kind of stream":        {postgres.Query{Stream: domain.StreamID{Kind: domain.ConversationKind}}, []int64{4, 5}},
		"recorded from a time on":  {postgres.Query{From: log[3].RecordedAt}, []int64{4, 5}},
		"recorded before a time":   {postgres.Query{To: log[3].RecordedAt}, []int64{1, 2}},
		"recorded between times":   {postgres.Query{From: log[1].RecordedAt, To: log[4].RecordedAt}, []int64{1, 2, 4}},
		"recorded after the last":  {postgres.Query{From: log[4].RecordedAt.AddDate(1, 0, 0)}, nil},
		"recorded before anything": {postgres.Query{To: testTime.AddDate(-9, 0, 0)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			test.query.Workspace = mine
			found, err := w.store.Find(t.Context(), test.query)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, r := range found {
				got = append(got, r.Position)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("a time is a position", func(t *testing.T) {
		if position, err := w.store.PositionAt(t.Context(), log[3].RecordedAt); err != nil || position != 3 {
			t.Errorf("position %d, %v", position, err)
		}
	})
}
