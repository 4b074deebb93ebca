package feed_test

import (
	"context"
	"testing"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/feed"
	"switchboard.example/projections"
)

func TestVerifyFindsEveryRowThatIsNotWhatTheLogSays(t *testing.T) {
	t.Parallel()
	for name, spoilt := range map[string]struct {
		how              string
		missing, surplus int64
	}{
		"nothing":             {`SELECT 1`, 0, 0},
		"a row changed":       {`UPDATE read_connection_status SET reason = 'made_up' WHERE workspace_id = $1`, 1, 1},
		"a row gone":          {`DELETE FROM read_connection_status WHERE workspace_id = $1`, 1, 0},
		"a row nobody folded": {`INSERT INTO read_connection_status SELECT (jsonb_populate_record(r, '{"workspace_id":"00000000-0000-5000-8000-00000000dead"}')).* FROM read_connection_status r WHERE workspace_id = $1`, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			victim := newWorkspace()
			w.append(newWorkspace(), 3)
			head := w.append(victim, 3)
			f := w.feed(w.config(), func(f *feed.Feed) { f.Project(projections.ConnectionStatus()) })
			stop := w.run(f)
			w.wait(f, "connection_status", head)
			stop()
			args := []any{string(victim)}
			if name == "nothing" {
				args = nil
			}
			_, err := w.admin.Exec(spoilt.how, args...)
			must(t, err)
			c := w.verify(openPool(t, w.dsn, "verify"))
			if c.Equal() != (name == "nothing") || c.Missing != spoilt.missing || c.Surplus != spoilt.surplus {
				t.Errorf("%+v", c)
			}
			if c.Position != head || c.Letters != 0 {
				t.Errorf("at %d with %d dead letters, want %d and none", c.Position, c.Letters, head)
			}
			if n := w.count(`SELECT count(*) FROM pg_class WHERE relname = 'read_connection_status'`); n != 1 {
				t.Errorf("%d tables are left behind", n-1)
			}
		})
	}
}

func (w *world) verify(db *sqlx.DB) feed.Comparison {
	w.tb.Helper()
	all, err := feed.Verify(context.Background(), w.store, db, projections.ConnectionStatus())
	must(w.tb, err)
	if len(all) != 1 {
		w.tb.Fatalf("%d tables were compared", len(all))
	}
	return all[0]
}

func (w *world) count(query string) (n int64) {
	w.tb.Helper()
	must(w.tb, w.admin.Get(&n, query))
	return n
}
