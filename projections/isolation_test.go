package projections_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// TestEveryReadTableIsLimitedToItsWorkspace asks as the dashboard's role, without any condition of its own: the database
// alone has to keep workspaces apart.
func TestEveryReadTableIsLimitedToItsWorkspace(t *testing.T) {
	t.Parallel()
	c := randomHistory(3, 600)
	database := pgtest.New(t)
	apply(t, database.DB, c.h.events, onePage)
	api, err := postgres.Open(t.Context(), database.DSN, postgres.PoolConfig{Role: "sb_api", MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	var tables []string
	for _, p := range projections.All() {
		tables = append(tables, p.Tables...)
	}
	mine := c.workspace(0)
	for _, table := range append(tables, "read_timeline") {
		var outside, foreign, all int
		if err := api.Get(&outside, `SELECT count(*) FROM `+table); err != nil || outside != 0 {
			t.Errorf("%s: %d rows can be read outside of any workspace: %v", table, outside, err)
		}
		err := postgres.InWorkspace(t.Context(), api, mine, func(tx *sqlx.Tx) error {
			return tx.Get(&foreign, `SELECT count(*) FROM `+table+` WHERE workspace_id <> $1`, mine)
		})
		if err != nil || foreign != 0 {
			t.Errorf("%s: %d rows of other workspaces can be read: %v", table, foreign, err)
		}
		if err := database.DB.Get(&all, `SELECT count(*) FROM `+table+` WHERE workspace_id <> $1`, mine); err != nil {
			t.Fatal(err)
		}
		if all == 0 && table != "read_faqs" && table != "read_outbox" && !strings.HasSuffix(table, "_redirects") {
			t.Errorf("%s: there is nothing to be hidden", table)
		}
		if _, err := api.Exec(`DELETE FROM ` + table); err == nil {
			t.Errorf("%s: the dashboard's role may delete", table)
		}
	}
}

// TestQueriesNameTheirWorkspace asks without row-level security, so that each query's own condition has to hold.
func TestQueriesNameTheirWorkspace(t *testing.T) {
	t.Parallel()
	c := randomHistory(3, 600)
	db := told(t, c.h)
	nobody := id[domain.WorkspaceID]("nobody")
	ctx := t.Context()
	count := map[string]int{}
	ask := func(name string, n int, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		count[name] = n
	}
	conversations, err := projections.ConversationsOf(ctx, db, nobody, noon, projections.InboxPage{Limit: 9})
	ask("conversations", len(conversations), err)
	messages, err := projections.ThreadOf(ctx, db, nobody, c.about(c.workspace(0)).CustomerID, projections.ThreadPage{Limit: 9})
	ask("messages", len(messages), err)
	faqs, err := projections.FAQsOf(ctx, db, nobody, noon)
	ask("faqs", len(faqs), err)
	clusters, err := projections.UnansweredOf(ctx, db, nobody, 9)
	ask("clusters", len(clusters), err)
	entries, err := projections.TimelineOf(ctx, db, nobody, projections.TimelinePage{Limit: 9})
	ask("timeline", len(entries), err)
	figures, err := projections.FiguresOf(ctx, db, nobody, noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0))
	ask("figures", int(figures.Messages+figures.Customers), err)
	_, ok, err := projections.StatusOf(ctx, db, nobody)
	ask("status", map[bool]int{true: 1}[ok], err)
	_, ok, err = projections.WorkspaceOf(ctx, db, nobody)
	ask("workspace", map[bool]int{true: 1}[ok], err)
	labels, upTo, err := projections.LabelsSince(ctx, db, nobody, time.Time{}, 9)
	ask("labels", len(labels)+int(upTo), err)
	shift, judged, err := projections.ShiftOf(ctx, db, nobody)
	ask("shift", judged+shift.Labels, err)
	there, err := projections.StillThere(ctx, db, nobody, slices.Concat(c.faqs[c.workspace(0)], c.faqs[c.workspace(1)]))
	ask("pinned faqs", len(there), err)
	for name, n := range count {
		if n != 0 {
			t.Errorf("%s: another workspace's rows (%d)", name, n)
		}
	}
}
