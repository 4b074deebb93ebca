package feed_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/feed"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

func (w *world) beside() feed.BesideConfig {
	return feed.BesideConfig{Log: w.store, DB: openPool(w.tb, w.dsn, "rebuild"), DSN: w.dsn, Logger: silent()}
}

// rows is a table as text, in a fixed order.
func (w *world) rows(table string) []string {
	w.tb.Helper()
	rows := []string{}
	must(w.tb, w.admin.Select(&rows, `SELECT to_jsonb(t)::text FROM `+table+` t ORDER BY 1`))
	return rows
}

// everyModel is what the product runs.
func everyModel() []feed.Model {
	models := []feed.Model{feed.MessageModel(projections.TimelineName, []string{"read_timeline"}, projections.Timeline)}
	for _, p := range projections.All() {
		models = append(models, feed.PagedModel(p))
	}
	return models
}

func everyReader(f *feed.Feed) {
	for _, m := range everyModel() {
		f.Follow(m)
	}
}

// happen records a little of everything in a workspace.
func (w *world) happen(ctx context.Context, ws domain.WorkspaceID, round int) int64 {
	w.tb.Helper()
	head, err := record(ctx, w.store, ws,
		domain.ConnectionRequested{WorkspaceID: ws}, domain.ConnectionQRIssued{WorkspaceID: ws, Attempt: round},
		domain.ConnectionConnected{WorkspaceID: ws, Attempt: 1}, domain.ConnectionDisconnected{WorkspaceID: ws, Reason: domain.ReasonClosedByOwner})
	must(w.tb, err)
	return head
}

func TestARebuiltReadModelEqualsTheLiveOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.config(), everyReader)
	w.run(f)
	var head int64
	for round := range 20 {
		head = w.happen(t.Context(), newWorkspace(), round)
	}
	for _, m := range everyModel() {
		w.wait(f, m.Name, head)
		before := map[string][]string{}
		for _, table := range m.Tables {
			before[table] = w.rows(table)
		}
		must(t, feed.Rebuild(t.Context(), w.beside(), m))
		for _, table := range m.Tables {
			if diff := cmp.Diff(before[table], w.rows(table)); diff != "" {
				t.Errorf("%s changed (-before +after):\n%s", table, diff)
			}
		}
	}
}

func TestARebuildMendsWhatWasWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.config(), everyReader)
	w.run(f)
	ws := newWorkspace()
	head := w.happen(t.Context(), ws, 1)
	w.wait(f, "connection_status", head)
	right := w.rows("read_connection_status")
	w.admin.MustExec(`UPDATE read_connection_status SET reason = 'nonsense'`)

	must(t, feed.Rebuild(t.Context(), w.beside(), feed.PagedModel(projections.ConnectionStatus())))

	if diff := cmp.Diff(right, w.rows("read_connection_status")); diff != "" {
		t.Errorf("after the rebuild (-want +got):\n%s", diff)
	}
}

// While rebuilds follow one another, events keep coming and somebody keeps reading: no read fails, and in the end every
// event counts once.
func TestARebuildIsNotNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.config(), everyReader)
	w.run(f)
	workspaces := []domain.WorkspaceID{newWorkspace(), newWorkspace(), newWorkspace()}
	working, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	others.Go(func() {
		for round := 0; working.Err() == nil; round++ {
			ctx := context.WithoutCancel(working)
			if err := f.Wait(ctx, projections.TimelineName, w.happen(ctx, workspaces[round%3], round)); err != nil {
				t.Error(err)
			}
		}
	})
	reader := openPool(t, w.dsn, "reader")
	others.Go(func() {
		for working.Err() == nil {
			if _, _, err := projections.StatusOf(context.WithoutCancel(working), reader, workspaces[0]); err != nil {
				t.Errorf("a reader noticed: %v", err)
			}
		}
	})
	for range 2 {
		for _, m := range everyModel() {
			must(t, feed.Rebuild(t.Context(), w.beside(), m))
		}
	}
	stop()
	others.Wait()

	head, err := w.store.Head(t.Context())
	must(t, err)
	for _, m := range everyModel() {
		w.wait(f, m.Name, head)
	}
	b, err := feed.OpenBeside(t.Context(), w.beside(), "proof", everyModel()...)
	must(t, err)
	defer func() { must(t, b.Close(context.Background())) }()
	must(t, b.Fill(t.Context(), head))
	for _, m := range everyModel() {
		for _, table := range m.Tables {
			if diff := cmp.Diff(w.rows(b.Schema()+"."+table), w.rows(table)); diff != "" {
				t.Errorf("%s differs from a replay (-replay +live):\n%s", table, diff)
			}
		}
	}
}

func TestARebuildThatFailsLeavesTheLiveOneAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.feed(w.config(), everyReader)
	w.run(f)
	head := w.happen(t.Context(), newWorkspace(), 1)
	w.wait(f, "connection_status", head)
	before := w.rows("read_connection_status")
	bad := projections.ConnectionStatus()
	apply := bad.Apply
	bad.Apply = func(ctx context.Context, page []domain.Recorded, to projections.Writer) error {
		return errors.Join(apply(ctx, page, to), errBad)
	}

	err := feed.Rebuild(t.Context(), w.beside(), feed.PagedModel(bad))

	if err == nil || !strings.Contains(err.Error(), errBad.Error()) {
		t.Errorf("it said %v", err)
	}
	if diff := cmp.Diff(before, w.rows("read_connection_status")); diff != "" {
		t.Errorf("the live one (-before +after):\n%s", diff)
	}
	if left := w.rows("projection_dead_letters"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if left := w.rows("(SELECT nspname FROM pg_namespace WHERE nspname LIKE 'beside%')"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestARebuildDoesWhatWaitedInDeadLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := projections.ConnectionStatus()
	broken.Apply = func(context.Context, []domain.Recorded, projections.Writer) error { return errBad }
	f := w.feed(w.config(), func(f *feed.Feed) { f.Project(broken) })
	stop := w.run(f)
	ws := newWorkspace()
	head := w.happen(t.Context(), ws, 1)
	w.wait(f, broken.Name, head)
	stop()

	must(t, feed.Rebuild(t.Context(), w.beside(), feed.PagedModel(projections.ConnectionStatus())))

	status, ok, err := projections.StatusOf(t.Context(), openPool(t, w.dsn, "reader"), ws)
	must(t, err)
	if !ok || status.Reason != domain.ReasonClosedByOwner {
		t.Errorf("the status is %+v, %v", status, ok)
	}
	if left := w.rows("projection_dead_letters"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// An older version of the code wrote something else into the tables; the new one rebuilds them before it goes on, and the
// other one, still running somewhere, touches them no more.
func TestANewVersionIsRebuiltBesideTheOldOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	older, newer := projections.ConnectionStatus(), projections.ConnectionStatus()
	newer.Version++
	apply := older.Apply
	older.Apply = func(ctx context.Context, page []domain.Recorded, to projections.Writer) error {
		_, spoil := to.ExecContext(ctx, `UPDATE read_connection_status SET phone = 'nonsense'`)
		return errors.Join(apply(ctx, page, to), spoil)
	}
	ws, other := newWorkspace(), newWorkspace()
	old := w.feed(w.config(), func(f *feed.Feed) { f.Project(older) })
	w.run(old)
	w.wait(old, older.Name, w.happen(t.Context(), ws, 1))

	f := w.feed(w.config(), func(f *feed.Feed) { f.Project(newer) })
	w.run(f)
	w.wait(f, newer.Name, w.happen(t.Context(), other, 1))

	var rows []string
	must(t, w.admin.Select(&rows, `SELECT DISTINCT reason || phone FROM read_connection_status`))
	if diff := cmp.Diff([]string{"closed_by_owner"}, rows); diff != "" {
		t.Errorf("the statuses (-want +got):\n%s", diff)
	}
	var versions []int
	must(t, w.admin.Select(&versions, `SELECT version FROM projection_checkpoints WHERE name = $1`, newer.Name))
	if diff := cmp.Diff([]int{newer.Version}, versions); diff != "" {
		t.Errorf("the versions (-want +got):\n%s", diff)
	}
}

func TestTwoProcessesDoNotRebuildAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := feed.PagedModel(projections.ConnectionStatus())
	b, err := feed.OpenBeside(t.Context(), w.beside(), m.Name, m)
	must(t, err)
	if err := feed.Rebuild(t.Context(), w.beside(), m); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("the second one got %v", err)
	}
	must(t, b.Close(t.Context()))
	must(t, feed.Rebuild(t.Context(), w.beside(), m))
}

// shape is everything about a read model's tables that a rebuild has to keep.
func (w *world) shape() string {
	w.tb.Helper()
	var lines []string
	must(w.tb, w.admin.Select(&lines, `
		SELECT format('table %s owner %s rls %s %s options %s acl %s', relname, relowner::regrole, relrowsecurity, relforcerowsecurity,
			reloptions, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a))
		FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE 'read\_%' AND relname <> 'read_seen'
		UNION ALL
		SELECT format('column %s %s %s %s %s', c.relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
		FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'read\_%' AND attnum > 0 AND c.relname <> 'read_seen'
		UNION ALL
		SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename LIKE 'read\_%'
		UNION ALL
		SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
		WHERE conrelid::regclass::text LIKE 'read\_%'
		UNION ALL
		SELECT format('policy %s %s %s %s %s %s', tablename, policyname, roles, cmd, qual, with_check) FROM pg_policies
		WHERE schemaname = 'public' AND tablename LIKE 'read\_%'
		ORDER BY 1`))
	return strings.Join(lines, "\n")
}

func TestARebuildKeepsIndexesPoliciesAndGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.shape()
	for _, m := range everyModel() {
		must(t, feed.Rebuild(t.Context(), w.beside(), m))
	}
	if diff := cmp.Diff(before, w.shape()); diff != "" {
		t.Errorf("the tables (-before +after):\n%s", diff)
	}
	if n := strings.Count(before, "table read_"); n < 15 {
		t.Fatal(fmt.Sprint("only ", n, " tables were looked at"))
	}
}

func TestTheWorkerMayRebuildNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	worker := openPool(t, w.dsn, "worker")
	for _, call := range []string{
		`SELECT swap_beside('beside_x', '{events}')`, `SELECT open_beside('public', '{read_inbox}')`,
		`SELECT close_beside('public')`, `SELECT close_beside('wa')`, `SELECT open_beside('beside_x', '{auth_users}')`,
	} {
		if _, err := worker.Exec(call); err == nil || !strings.Contains(err.Error(), "only tables of read models") {
			t.Errorf("%s: %v", call, err)
		}
	}
}
