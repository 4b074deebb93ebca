package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestPoisonDoesNotStopWhatFollows(t *testing.T) {
	t.Parallel()
	for code := range 11 {
		t.Run(fmt.Sprint("code ", code), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.write(t, sandbox.Outgoing{Text: "before"})
			s.client.AwaitText(0, "before")
			s.fault(t, sandbox.Fault{Kind: "poison", Phone: shop, Code: code, Seed: 3})
			s.write(t, sandbox.Outgoing{Text: "poisoned"})
			s.write(t, sandbox.Outgoing{Text: "behind it"})
			s.client.AwaitText(0, "behind it")
			s.client.SendText(ada, "unharmed")
			await(t, s.customer, "the answer", withText("unharmed"))
			if code >= 1 && code <= 3 { // it asks again, and gets the real one
				s.client.AwaitText(0, "poisoned")
			}
		})
	}
}

func TestAFaultComesEverySoOften(t *testing.T) {
	t.Parallel()
	t.Run("to connections", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "drop", Phone: shop, Every: 50, Probability: 0.5, Seed: 1, Times: 3})
		eventually(t, "three drops", func() bool { return s.server.Stats().Counters["logins"] == 4 })
		eventually(t, "it is over", func() bool {
			_, active := api[[]sandbox.Fault](t, s.server, "GET", "faults/active", "")
			return len(active) == 0
		})
		s.write(t, sandbox.Outgoing{Text: "still there?"})
		s.client.AwaitText(0, "still there?")
	})
	t.Run("to phones, until it is withdrawn", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop, Every: 20})
		eventually(t, "no key is left", func() bool { return s.shop.Devices()[0].PreKeys == 0 })
		if _, active := api[[]sandbox.Fault](t, s.server, "GET", "faults/active", ""); len(active) != 1 || active[0].Applied == 0 {
			t.Errorf("in force: %+v", active)
		}
		s.server.ClearFaults()
	})
	t.Run("but not what waits for its chance anyway", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		if status, _ := api[object](t, s.server, "POST", "faults", `{"kind": "lose_ack", "every": 100}`); status != http.StatusUnprocessableEntity {
			t.Errorf("answered %d", status)
		}
	})
}

func TestADuplicateComesAsOftenAsOrdered(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "in", Code: 5})
	sent := s.write(t, sandbox.Outgoing{Text: "five times"})
	s.client.AwaitText(0, "five times")
	eventually(t, "five confirmations", func() bool {
		return len(s.customer.Judge().Messages[0].Confirmations) == 5 && len(s.customer.Judge().Messages[0].Deliveries) == 5
	})
	s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "out", Code: 4})
	s.client.SendText(ada, "four times")
	await(t, s.customer, "four copies", func(m sandbox.Message) bool { return m.Text == "four times" && m.Copies == 4 })
	if sent.ID == "" {
		t.Error("it has no id")
	}
}

func TestAChatCanBeReorderedToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "reorder", Phone: shop, Code: 1, Milliseconds: 15_000})
	first := s.write(t, sandbox.Outgoing{Text: "first"})
	second := s.write(t, sandbox.Outgoing{Text: "second"})
	s.client.AwaitText(0, "first")
	var order []string
	eventually(t, "the journal has both", func() bool {
		order = nil
		for _, e := range journalOf(s.shop, "delivered") {
			order = append(order, e.ID)
		}
		return len(order) == 2
	})
	if order[0] != second.ID || order[1] != first.ID {
		t.Errorf("the first sent was delivered first: %v", order)
	}
}

func TestALoginFailsWithAnyCode(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	from := s.client.Events()
	s.fault(t, sandbox.Fault{Kind: "login_failure", Phone: shop})
	if got := sandboxtest.Await[*events.ConnectFailure](s.client, from, nil); got.Reason != 409 {
		t.Errorf("it was told %d", got.Reason)
	}
}
