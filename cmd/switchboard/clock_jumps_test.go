package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/domain"
)

// The product's clock jumps, WhatsApp's and the database's do not. Messages that look old are told apart as such, those
// that look young are answered, and nothing is wrong any more once the clock is right again.
func TestAClockThatJumpsHarmsNothingForGood(t *testing.T) {
	var jumped atomic.Int64
	w := newWorldAt(t, func() time.Time { return time.Now().Add(time.Duration(jumped.Load())) })
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	customer := w.phone(customerNumber)
	answered := 0
	for _, by := range []time.Duration{0, time.Hour, -time.Hour, 0, -48 * time.Hour, 0} {
		jumped.Store(int64(by))
		answered++
		if got := w.asks(customer, shopNumber, "how much is delivery", answered); !strings.Contains(got, "Delivery is ₦1,500.") {
			t.Fatalf("with a clock that is off by %v: %q", by, got)
		}
	}
	jumped.Store(int64(48 * time.Hour))
	if _, err := customer.Send(w.ctx, shopNumber, "how much is delivery"); err != nil {
		t.Fatal(err)
	}
	w.eventually("it is taken for two days old, and the log says so", func() bool {
		page, err := w.app.core.store.Page(w.ctx, 0, 10_000)
		for _, r := range page {
			if e, ok := r.Event.(domain.ReplyDecided); ok && e.Why == domain.ReasonTooOld {
				return true
			}
		}
		return err != nil
	})
	jumped.Store(0)
	if got := w.asks(customer, shopNumber, "how much is delivery", answered+1); !strings.Contains(got, "Delivery is ₦1,500.") {
		t.Fatalf("with the clock mended: %q", got)
	}
	if !w.reads() || w.status(id) != domain.Connected {
		t.Error("the line or the node did not live through it")
	}
	var back int
	if err := w.app.core.worker.Get(&back, `
		SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (ORDER BY position) AS back FROM events) AS e WHERE back`); err != nil || back != 0 {
		t.Errorf("the log's own times go back %d times: %v", back, err)
	}
	w.drains()
	if code, out, errs := w.runs("verify"); code != 0 {
		t.Errorf("read models differ from a fresh fold: %d\n%s%s", code, out, errs)
	}
}
