package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/projections"
)

func TestReadinessIsTheTruth(t *testing.T) {
	w := newWorld(t)
	w.eventually("ready", w.reads)
	lock, err := sqlx.Connect("postgres", w.env("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	tx := lock.MustBegin()
	tx.MustExec(`LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE`)
	w.eventually("not ready while an append would wait", func() bool { return !w.ready(time.Second) })
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.eventually("ready again", w.reads)
	w.app.health.drain()
	if err := w.app.ready(w.ctx); !errors.Is(err, errDraining) {
		t.Errorf("while stopping: %v", err)
	}
}

func TestALongWritingTransactionHoldsUpNobodyAndIsSeen(t *testing.T) {
	w := newWorld(t)
	w.links(w.signsUp("ada@example.com"), shopNumber)
	other, err := sqlx.Connect("postgres", w.env("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	other.MustExec(`CREATE TABLE elsewhere (n int)`)
	tx := other.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`INSERT INTO elsewhere VALUES (1)`)
	if got := w.asks(w.phone(customerNumber), shopNumber, "how much is delivery", 1); !strings.HasSuffix(got, "Delivery is ₦1,500.") {
		t.Fatalf("answered %q", got)
	}
	w.eventually("the transaction is measured", func() bool { return w.metric("switchboard_oldest_write_transaction_seconds") > 0.05 })
}

func TestWhatIsMeasured(t *testing.T) {
	w := newWorld(t)
	w.links(w.signsUp("ada@example.com"), shopNumber)
	for _, name := range []string{
		"switchboard_build_info", "switchboard_library_age_seconds", "switchboard_oldest_write_transaction_seconds", "switchboard_dead_letters", "switchboard_set_aside",
		"switchboard_inbound_gap_open", "switchboard_outbound_age_seconds", "switchboard_connections", "switchboard_connections_wanted",
		"switchboard_nodes", "switchboard_draining", "switchboard_lease_renew_seconds", "switchboard_append_duration_seconds",
		"switchboard_append_conflicts_total", "switchboard_log_away", "switchboard_fence_rejections_total", "switchboard_projection_lag_seconds",
		"go_sql_in_use_connections",
	} {
		w.eventually(name+" is measured", func() bool { return w.measures(name) })
	}
}

func TestDeadLettersAreListedAndReplayed(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	if code, out, errs := w.runs("admin", "dead-letters"); code != 0 || !strings.Contains(out, "no dead letters") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	w.app.core.worker.MustExec(`
		INSERT INTO projection_dead_letters (name, version, position, stream_id, workspace_id, event_id, error, attempts)
		SELECT 'faqs', 1, position, stream_id, workspace_id, event_id, 'a bug', 3 FROM events WHERE type = 'faq.added'`)
	if code, out, errs := w.runs("admin", "dead-letters"); code != 0 || !strings.Contains(out, "a bug") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	w.app.core.wa.MustExec(`
		INSERT INTO wa.dead_letters (workspace_id, letter_id, kind, error, attempts) VALUES ($1, gen_random_uuid(), 'text', 'a bug', 3)`, string(id))
	for name, db := range map[string]*sqlx.DB{"the API": w.app.core.admin, "the terminal": w.app.core.worker} {
		all, err := projections.AllWorkspaces(w.ctx, db, time.Now())
		if err != nil || len(all) != 1 || all[0].DeadLetters != 2 {
			t.Fatalf("%s shows %+v, %v", name, all, err)
		}
	}
	w.app.core.wa.MustExec(`DELETE FROM wa.dead_letters`)
	if code, out, errs := w.runs("admin", "replay"); code != 0 || !strings.Contains(out, "Replayed 1 of 1") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	if _, out, _ := w.runs("admin", "dead-letters"); !strings.Contains(out, "no dead letters") {
		t.Fatal(out)
	}
}
