package main

import (
	"strings"
	"testing"
)

func TestVerifySaysWhetherTheScreensAreWhatTheLogSays(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	w.asks(w.phone(customerNumber), shopNumber, "how much is delivery", 1)
	code, out, errs := w.runs("verify")
	if code != 0 {
		t.Fatal(out, errs)
	}
	for _, table := range []string{"read_thread ", "read_timeline ", "read_analytics ", "read_connections "} {
		if !strings.Contains("\n"+out, "\n"+table) {
			t.Errorf("%s was not compared:\n%s", table, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines < 20 || strings.Count(out, "  equal\n") != lines {
		t.Fatalf("not everything is equal:\n%s", out)
	}
	if !w.measures("switchboard_verify_age_seconds") || w.metric("switchboard_verify_different_rows") != 0 {
		t.Error("nobody is told that everything is equal")
	}
	if _, err := w.app.core.worker.ExecContext(w.ctx, `UPDATE read_thread SET direction = 'out' WHERE direction = 'in'`); err != nil {
		t.Fatal(err)
	}
	code, out, errs = w.runs("verify")
	if code != 1 || !strings.Contains(out, "DIFFERENT: 1 rows missing, 1 too many, in workspaces "+string(id)) || !strings.Contains(errs, "1 tables are not") {
		t.Fatalf("%d %s\n%s", code, errs, out)
	}
	if n := w.metric("switchboard_verify_different_rows"); n != 2 {
		t.Errorf("%v rows are said to differ", n)
	}
}

func TestVerifyTroublesNobodyWithItsAge(t *testing.T) {
	w := newWorld(t)
	tx := w.app.core.feed.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SET LOCAL application_name = 'switchboard verify'; CREATE TEMP TABLE t (n int) ON COMMIT DROP`)
	var mine float64
	if err := tx.Get(&mine, `SELECT extract(epoch FROM clock_timestamp() - now())`); err != nil {
		t.Fatal(err)
	}
	if age := w.metric("switchboard_oldest_write_transaction_seconds"); age >= mine {
		t.Errorf("a transaction of %v s alarms somebody, and this one is %v s old", age, mine)
	}
}
