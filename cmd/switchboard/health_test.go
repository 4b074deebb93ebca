package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/projections"
	"switchboard.example/test/rig"
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
		"switchboard_append_conflicts_total", "switchboard_append_duplicates_total", "switchboard_log_away", "switchboard_fence_rejections_total", "switchboard_projection_lag_seconds",
		"go_sql_in_use_connections", "switchboard_sse_clients", "switchboard_sessions", "switchboard_disk_free_ratio",
	} {
		w.eventually(name+" is measured", func() bool { return w.measures(name) })
	}
	w.asks(w.phone(customerNumber), shopNumber, "how much is delivery", 1)
	w.eventually("how long an answer took", func() bool { return w.metric("switchboard_reply_latency_seconds") == 1 })
	if _, err := rig.NewProduct(w.app.addr()).LogIn(w.ctx, "nobody@example.com"); err == nil {
		t.Error("nobody signed in")
	}
	if w.metric("switchboard_auth_failures_total") != 1 {
		t.Error("nobody counts who fails to sign in")
	}
	if w.metric("switchboard_http_requests_total") != 1 {
		t.Error("nobody counts what the API answers")
	}
}

// An alert about a figure that nobody measures never comes.
func TestEveryAlertIsAboutSomethingThatIsMeasured(t *testing.T) {
	w := newWorld(t)
	rules, err := os.ReadFile("../../docs/alerts.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	descriptions := make(chan *prometheus.Desc, 1000)
	w.app.metrics.Describe(descriptions)
	close(descriptions)
	var measured strings.Builder
	for d := range descriptions {
		measured.WriteString(d.String())
	}
	for _, name := range regexp.MustCompile(`switchboard_[a-z_]+`).FindAllString(string(rules), -1) {
		histogram := strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")
		if !strings.Contains(measured.String(), `"`+name+`"`) && !strings.Contains(measured.String(), `"`+histogram+`"`) {
			t.Errorf("%s is measured nowhere", name)
		}
	}
	for _, of := range regexp.MustCompile(`(switchboard_[a-z_]+)_bucket\{le="([0-9.]+)"\}`).FindAllStringSubmatch(string(rules), -1) {
		if !w.measuresUpTo(of[1], of[2]) {
			t.Errorf("%s has no bucket up to %s, so nobody counts what is faster", of[1], of[2])
		}
	}
	for _, of := range regexp.MustCompile(`(switchboard_[a-z_]+)\{([a-z]+)=~?"([a-z_|]+)"\}`).FindAllStringSubmatch(string(rules), -1) {
		for value := range strings.SplitSeq(of[3], "|") {
			if !w.measuresFor(of[1], of[2], value) {
				t.Errorf("%s has no %s %s before its first time, which no alert can see", of[1], of[2], value)
			}
		}
	}
	for _, name := range regexp.MustCompile(`[^ ]*switchboard:[a-z_0-9:]+`).FindAllString(string(rules), -1) {
		if !strings.Contains(string(rules), "record: "+name+"\n") {
			t.Errorf("%s is recorded nowhere", name)
		}
	}
	runbook, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.ReplaceAll(strings.ToLower(string(runbook)), " ", "-")
	for _, page := range regexp.MustCompile(`operating\.md#([a-z-]+)`).FindAllStringSubmatch(string(rules), -1) {
		if !strings.Contains(pages, "#-"+page[1]+"\n") {
			t.Errorf("the runbook has no page %s", page[1])
		}
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
