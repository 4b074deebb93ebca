package main

import (
	"strings"
	"testing"
	"time"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

const (
	shopNumber     = "2348030000001"
	customerNumber = "2348100000001"
)

func TestACustomerIsAnsweredAndEveryStepIsInTheAudit(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	if got := w.asks(w.phone(customerNumber), shopNumber, "how much is delivery", 1); !strings.HasSuffix(got, "Delivery is ₦1,500.") {
		t.Fatalf("answered %q", got)
	}
	w.eventually("the delivery is recorded", func() bool {
		_, out, _ := w.runs("audit", "--workspace", string(id))
		return strings.Contains(out, "conversation.reply_delivered")
	})
	code, out, errs := w.runs("audit", "--workspace", string(id))
	if code != 0 {
		t.Fatal(errs)
	}
	last := -1
	for _, step := range []string{
		"workspace.registered", "faq.added", "connection.requested", "connection.qr_issued", "connection.paired", "connection.connected",
		"conversation.message_received", "conversation.reply_decided", "conversation.reply_queued", "conversation.reply_sent",
	} {
		at := strings.Index(out, step)
		if at <= last {
			t.Fatalf("%s is not in its place:\n%s", step, out)
		}
		last = at
	}
	if !strings.Contains(out, `"Status":"connected"`) {
		t.Fatalf("the state after an event is missing:\n%s", out)
	}
	if !strings.Contains(out, "    epoch 1, connection 2, Connected\n") { // the first one linked
		t.Fatalf("how an event came about is missing:\n%s", out)
	}
	for _, secret := range []string{customerNumber, "how much is delivery"} {
		if strings.Contains(out, secret) {
			t.Fatalf("the audit shows %q", secret)
		}
	}
	if _, short, _ := w.runs("audit", "--workspace", string(id), "--until", "3"); strings.Count("\n"+short, "\n#") != 3 {
		t.Fatalf("until a position:\n%s", short)
	}
	if code, _, errs := w.runs("audit", "--workspace", "00000000-0000-5000-8000-00000000dead"); code != 1 || !strings.Contains(errs, "no history") {
		t.Fatalf("%d %s", code, errs)
	}
}

func TestARestartContinuesWhereItWas(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	customer := w.phone(customerNumber)
	w.asks(customer, shopNumber, "how much is delivery", 1)
	w.stop()
	if _, err := customer.Send(w.ctx, shopNumber, "how much is delivery?"); err != nil {
		t.Fatal(err)
	}
	w.starts()
	w.eventually("connected again by itself", func() bool { return w.status(id) == domain.Connected })
	if got := w.asks(customer, shopNumber, "how much is delivery!", 3); !strings.HasSuffix(got, "Delivery is ₦1,500.") {
		t.Fatalf("answered %q", got)
	}
	for _, m := range customer.Messages() {
		if m.Copies > 1 {
			t.Fatalf("%s arrived %d times", m.ID, m.Copies)
		}
	}
}

func TestTheOwnersCommands(t *testing.T) {
	w := newWorld(t)
	owner := w.links(w.signsUp("ada@example.com"), shopNumber)
	if got := w.asks(owner, shopNumber, "!status", 1); !strings.Contains(got, "🟢 Live on +234 803 000 0001") {
		t.Fatalf("answered %q", got)
	}
	if got := w.asks(owner, shopNumber, "!pause", 2); !strings.Contains(got, "Bot paused") {
		t.Fatalf("answered %q", got)
	}
	if got := w.asks(owner, shopNumber, "!status", 3); !strings.Contains(got, "⏸ Paused") {
		t.Fatalf("answered %q", got)
	}
	if got := w.asks(owner, shopNumber, "!resume", 4); !strings.Contains(got, "Bot is live") {
		t.Fatalf("answered %q", got)
	}
	if got := w.asks(owner, shopNumber, "!faq add Do you sell shoes? | Yes, sizes 40 to 45.", 5); !strings.Contains(got, " is live") {
		t.Fatalf("answered %q", got)
	}
	customer := w.phone(customerNumber)
	if got := w.asks(customer, shopNumber, "do you sell shoes", 1); !strings.HasSuffix(got, "Yes, sizes 40 to 45.") {
		t.Fatalf("answered %q", got)
	}
	if got := w.asks(customer, shopNumber, "can somebody call me", 2); got == "" {
		t.Fatal("no answer")
	}
	w.eventually("the owner sees who waits", func() bool {
		waits := 0
		for _, m := range owner.Messages() {
			if m.Direction == "in" {
				waits++
			}
		}
		return strings.Contains(w.asks(owner, shopNumber, "!waiting", waits+1), "1 waiting")
	})
}

func TestThePlatformsPeople(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	w.eventually("the list shows the workspace as it is", func() bool {
		_, out, _ := w.runs("admin", "list")
		return strings.Contains(out, string(id)) && strings.Contains(out, "connected") && strings.Contains(out, "trial")
	})
	if code, _, errs := w.runs("admin", "disconnect", "--workspace", string(id)); code != 1 || !strings.Contains(errs, "reason.required") {
		t.Fatalf("an order without a reason: %d %s", code, errs)
	}
	if code, _, errs := w.runs("admin", "disconnect", "--workspace", string(id), "--reason", "asked on the phone"); code != 0 {
		t.Fatal(errs)
	}
	w.eventually("disconnected", func() bool { return w.status(id) == domain.Disconnected })
	_, out, _ := w.runs("audit", "--workspace", string(id))
	if !strings.Contains(out, "admin.command_issued") || !strings.Contains(out, "closed_by_owner") {
		t.Fatalf("not recorded:\n%s", out)
	}
	if code, _, errs := w.runs("admin", "explode"); code != 2 || !strings.Contains(errs, "no admin command") {
		t.Fatalf("%d %s", code, errs)
	}
}

func TestReadModelsAreRebuiltWhileTheProductRuns(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	customer := w.phone(customerNumber)
	w.asks(customer, shopNumber, "how much is delivery", 1)
	if _, err := w.app.core.worker.Exec(`UPDATE read_faqs SET answer = 'nonsense', enabled = false`); err != nil {
		t.Fatal(err)
	}
	code, out, errs := w.runs("rebuild", "all")
	if code != 0 || strings.Count(out, "Rebuilt ") != len(readModels(nil)) {
		t.Fatalf("%d\n%s%s", code, out, errs)
	}
	faqs, err := projections.FAQsOf(t.Context(), w.app.core.worker, id, time.Now())
	if err != nil || len(faqs) != 1 || !faqs[0].Enabled || faqs[0].Answer != "Delivery is ₦1,500." {
		t.Fatalf("after the rebuild: %+v, %v", faqs, err)
	}
	if got := w.asks(customer, shopNumber, "price of delivery?", 2); !strings.HasSuffix(got, "Delivery is ₦1,500.") {
		t.Fatalf("answered %q", got)
	}
	if code, _, errs := w.runs("rebuild", "faqs", "nothing"); code != 2 || !strings.Contains(errs, "connection_status") {
		t.Fatalf("an unknown read model: %d %s", code, errs)
	}
}

func TestTwoWorkspacesAreStrangers(t *testing.T) {
	w := newWorld(t)
	ada, zed := w.signsUp("ada@example.com"), w.signsUp("zed@example.com")
	w.links(ada, shopNumber)
	w.links(zed, "2348030000002")
	customer := w.phone(customerNumber)
	w.asks(customer, shopNumber, "how much is delivery", 1)
	w.asks(customer, "2348030000002", "how much is delivery", 2)
	_, history, _ := w.runs("audit", "--workspace", string(zed))
	if got := strings.Count(history, "conversation.message_received"); got != 1 {
		t.Fatalf("%d messages in a workspace that got one", got)
	}
	if strings.Contains(history, string(ada)) {
		t.Fatal("another workspace is named in the history")
	}
}

func TestTheProgramsOwnDatabaseIsStartedAgain(t *testing.T) {
	w := newWorldWith(t, "SWITCHBOARD_DATA", t.TempDir())
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	customer := w.phone(customerNumber)
	w.asks(customer, shopNumber, "how much is delivery", 1)
	if err := w.app.core.own.running().Kill(); err != nil {
		t.Fatal(err)
	}
	if got := w.asks(customer, shopNumber, "how much is delivery?", 2); !strings.HasSuffix(got, "Delivery is ₦1,500.") {
		t.Fatalf("answered %q", got)
	}
	w.eventually("connected", func() bool { return w.reads() && w.status(id) == domain.Connected })
}
