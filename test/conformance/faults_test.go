package conformance_test

import (
	"fmt"
	"testing"

	"switchboard.example/sandbox"
)

func TestBaileysAndBrokenLines(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"cut_frame", "corrupt_frame"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: kind, Phone: shop})
			s.write(t, sandbox.Outgoing{Text: "spoilt"})
			if kind == "corrupt_frame" {
				s.write(t, sandbox.Outgoing{Text: "behind it"})
				s.fault(t, sandbox.Fault{Kind: "drop", Phone: shop})
			}
			s.client.awaitText(0, "spoilt")
		})
	}
	t.Run("half open", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "KEEP_ALIVE=500")
		from := s.client.seen()
		s.fault(t, sandbox.Fault{Kind: "half_open", Phone: shop})
		s.write(t, sandbox.Outgoing{Text: "into the void"})
		s.client.await(from, "a lost connection", func(l line) bool { return l.Event == "close" && string(l.Code) == "408" })
		s.client.awaitText(from, "into the void")
	})
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "slow", Phone: shop, Milliseconds: 100, Seconds: 60})
		for i := range 3 {
			s.write(t, sandbox.Outgoing{Text: fmt.Sprint("slow ", i)})
		}
		s.client.awaitText(0, "slow 2")
	})
	for code := range 12 {
		t.Run(fmt.Sprint("malformed ", code), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: "malformed", Phone: shop, Code: code})
			s.write(t, sandbox.Outgoing{Text: "still there?"})
			s.client.awaitText(0, "still there?")
		})
	}
	for code := range 11 {
		t.Run(fmt.Sprint("poison ", code), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: "poison", Phone: shop, Code: code, Seed: 3})
			s.write(t, sandbox.Outgoing{Text: "poisoned"})
			s.write(t, sandbox.Outgoing{Text: "behind it"})
			s.client.awaitText(0, "behind it")
		})
	}
	t.Run("a frame of nothing", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "zero_frame", Phone: shop})
		s.fault(t, sandbox.Fault{Kind: "drop", Phone: shop})
		s.write(t, sandbox.Outgoing{Text: "still there?"})
		s.client.awaitText(0, "still there?")
	})
}

func TestBaileysAndDisorder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Text: "warm up"})
	s.client.awaitText(0, "warm up")
	s.client.send(text("re: warm up"))
	await(t, s.customer, "the answer", withText("re: warm up"))
	t.Run("a duplicate to it is told once", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "in"})
		sent := s.write(t, sandbox.Outgoing{Text: "twice"})
		s.client.awaitText(0, "twice")
		await(t, s.customer, "it delivered", withStatus(sent.ID, sandbox.StatusDelivered))
	})
	t.Run("a duplicate from it is shown once", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "out"})
		s.client.send(text("from me twice"))
		await(t, s.customer, "two copies", func(m sandbox.Message) bool { return m.Text == "from me twice" && m.Copies == 2 })
	})
	t.Run("chats overtake each other", func(t *testing.T) {
		const bola = "2348020000002"
		other := phone(t, s.server, bola, "Bola")
		s.fault(t, sandbox.Fault{Kind: "reorder", Phone: shop, Milliseconds: 20_000})
		s.write(t, sandbox.Outgoing{Text: "overtaken"})
		if _, err := other.Send(patient(t), shop, "overtakes"); err != nil {
			t.Fatal(err)
		}
		s.client.awaitText(0, "overtakes")
		s.client.awaitText(0, "overtaken")
	})
	t.Run("a storm of retries ends with the message", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "retry_storm", Phone: shop, Code: 4})
		s.client.send(text("again and again"))
		await(t, s.customer, "the message", withText("again and again"))
	})
	t.Run("a refusal is told", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "ack_error", Phone: shop, Code: 463})
		id := s.client.send(text("refused"))
		s.client.await(0, "that it was refused", func(l line) bool {
			return (l.Event == "update" || l.Event == "message") && l.Key.ID == id && l.Status == statusError
		})
	})
	s.understood(t)
}

func TestBaileysAndItsAccount(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	t.Run("a reinstalled customer is understood", func(t *testing.T) {
		s.write(t, sandbox.Outgoing{Text: "before"})
		s.client.awaitText(0, "before")
		s.fault(t, sandbox.Fault{Kind: "reinstall", Phone: ada, Notify: true})
		s.write(t, sandbox.Outgoing{Text: "after"})
		s.client.awaitText(0, "after")
		s.client.send(text("re: after"))
		await(t, s.customer, "the answer", withText("re: after"))
	})
	t.Run("used-up keys are filled up", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop, Notify: true})
		s.client.send(text("and meanwhile"))
		await(t, s.customer, "the message", withText("and meanwhile"))
		for len(s.shop.Devices()) == 1 && s.shop.Devices()[0].PreKeys < 5 {
			s.client.do("saved", nil) // a round trip
			if patient(t).Err() != nil {
				t.Fatal("there are no keys")
			}
		}
	})
	t.Run("a restriction is told when it asks", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "reachout_timelock", Phone: shop, Seconds: 600})
		if lock := string(s.client.do("timelock", nil)); lock == "" || lock[:16] != `{"isActive":true` {
			t.Errorf("it was told %s", lock)
		}
	})
	t.Run("a customer with a new number goes on", func(t *testing.T) {
		moved, err := s.server.ChangeNumber(patient(t), ada, "2348020000099", true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := moved.Send(patient(t), shop, "new number"); err != nil {
			t.Fatal(err)
		}
		s.client.awaitText(0, "new number")
	})
	s.understood(t)
}
