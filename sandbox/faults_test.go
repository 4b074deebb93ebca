package sandbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func (s scene) fault(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := s.server.Fault(patient(t), f); err != nil {
		t.Fatalf("order a fault: %v", err)
	}
}

// backOnline waits until the client has lost its connection and has a new one, and
// proves it with a message.
func (s scene) backOnline(t *testing.T, from int) {
	t.Helper()
	sandboxtest.Await[*events.Connected](s.client, from, nil)
	s.write(t, sandbox.Outgoing{Text: "still there?"})
	s.client.AwaitText(from, "still there?")
}

func TestAClientComesBackByItself(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"stream_503", "drop", "close"} {
		t.Run("after "+kind, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			from := s.client.Events()
			s.fault(t, sandbox.Fault{Kind: kind, Phone: shop})
			sandboxtest.Await[*events.Disconnected](s.client, from, nil)
			s.backOnline(t, from)
		})
	}
	t.Run("after a failed login", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		from := s.client.Events()
		s.fault(t, sandbox.Fault{Kind: "login_503", Phone: shop})
		s.backOnline(t, from)
		if refused := s.server.Stats().Counters["loginsRefused"]; refused != 1 {
			t.Errorf("%d logins were refused, want 1", refused)
		}
	})
	t.Run("after a refused upgrade", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		from := s.client.Events()
		s.fault(t, sandbox.Fault{Kind: "refuse_http"})
		s.fault(t, sandbox.Fault{Kind: "drop"})
		s.backOnline(t, from)
	})
	t.Run("after a half-open connection, once it is reset", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		from := s.client.Events()
		s.fault(t, sandbox.Fault{Kind: "half_open"})
		s.write(t, sandbox.Outgoing{Text: "into the void"})
		s.client.ResetConnection()
		s.client.AwaitText(from, "into the void")
	})
}

func TestAClientStaysAway(t *testing.T) {
	t.Parallel()
	t.Run("when it is replaced, and keeps its link", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "replaced", Phone: shop})
		sandboxtest.Await[*events.StreamReplaced](s.client, 0, nil)
		eventually(t, "the connection ends", func() bool { return s.server.Stats().Connections == 0 })
		from := s.client.Events()
		s.client.Disconnect()
		s.client.Dial()
		sandboxtest.Await[*events.Connected](s.client, from, nil)
	})
	t.Run("when the phone unlinks it", func(t *testing.T) {
		deletesItsStore(t)
		t.Parallel()
		s := newScene(t)
		if err := s.shop.Unlink(patient(t), 1); err != nil {
			t.Fatal(err)
		}
		out := sandboxtest.Await[*events.LoggedOut](s.client, 0, nil)
		if out.OnConnect || len(s.shop.Devices()) != 0 {
			t.Errorf("logged out %+v, devices %+v", out, s.shop.Devices())
		}
	})
	for kind, reason := range map[string]events.ConnectFailureReason{
		"login_401": events.ConnectFailureLoggedOut, "login_403": events.ConnectFailureMainDeviceGone, "login_406": events.ConnectFailureUnknownLogout,
	} {
		t.Run("when "+kind, func(t *testing.T) {
			deletesItsStore(t)
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: kind, Phone: shop})
			if out := sandboxtest.Await[*events.LoggedOut](s.client, 0, nil); !out.OnConnect || out.Reason != reason {
				t.Errorf("logged out %+v", out)
			}
		})
	}
	t.Run("when it is banned for a time", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "temporary_ban", Phone: shop, Code: 102, Seconds: 90})
		ban := sandboxtest.Await[*events.TemporaryBan](s.client, 0, nil)
		if ban.Code != 102 || ban.Expire != 90*time.Second {
			t.Errorf("the ban is %+v", ban)
		}
	})
	t.Run("when it is outdated", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "client_outdated", Phone: shop})
		sandboxtest.Await[*events.ClientOutdated](s.client, 0, nil)
	})
	t.Run("when the login fails for another reason", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "login_400", Phone: shop})
		sandboxtest.Await[*events.ConnectFailure](s.client, 0, nil)
	})
}

func TestASecondLoginReplacesTheFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	second := sandboxtest.NewClient(t, s.server, s.client.Store)
	second.Dial()
	sandboxtest.Await[*events.Connected](second, 0, nil)
	sandboxtest.Await[*events.StreamReplaced](s.client, 0, nil)
}

func TestAWrongNoiseKeyCannotLogIn(t *testing.T) {
	deletesItsStore(t)
	t.Parallel()
	s := newScene(t)
	s.client.Disconnect()
	thief := sandboxtest.NewDevice()
	thief.ID, thief.LID, thief.Account = s.client.Store.ID, s.client.Store.LID, s.client.Store.Account
	client := sandboxtest.NewClient(t, s.server, thief)
	client.Dial()
	if out := sandboxtest.Await[*events.LoggedOut](client, 0, nil); !out.OnConnect {
		t.Errorf("logged out %+v", out)
	}
}

func TestAMessageCanBeRefusedWithACode(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "ack_error", Phone: shop, Code: 463})
	if _, err := s.client.TrySendText(ada, "no"); !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.Contains(err.Error(), "463") {
		t.Errorf("the error is %v", err)
	}
	s.client.SendText(ada, "yes")
	await(t, s.customer, "the second message", withText("yes"))
	if got := len(s.customer.Messages()); got != 1 {
		t.Errorf("the customer has %d messages, want 1", got)
	}
}

func TestADuplicateIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	t.Run("at the customer", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "out"})
		s.client.SendText(ada, "twice")
		await(t, s.customer, "two copies", func(m sandbox.Message) bool { return m.Text == "twice" && m.Copies == 2 })
		if got := len(s.customer.Messages()); got != 1 {
			t.Errorf("the customer has %d messages, want 1", got)
		}
	})
	t.Run("at the device, which confirms both", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "in"})
		from := s.client.Events()
		s.write(t, sandbox.Outgoing{Text: "hello hello"})
		s.client.AwaitText(from, "hello hello")
		eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
	})
}

func TestALostMessageIsAcknowledgedAndGone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "lose_message", Phone: shop, Direction: "out"})
	s.client.SendText(ada, "lost")
	s.client.SendText(ada, "found")
	await(t, s.customer, "the second message", withText("found"))
	if got := len(s.customer.Messages()); got != 1 {
		t.Errorf("the customer has %d messages, want 1", got)
	}
}

func TestADamagedMessageIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Text: "warm up"})
	s.client.AwaitText(0, "warm up")
	s.fault(t, sandbox.Fault{Kind: "undecryptable", Phone: shop})
	sent := s.write(t, sandbox.Outgoing{Text: "damaged"})
	again := s.client.AwaitText(0, "damaged")
	if again.RetryCount != 1 {
		t.Errorf("the retry count is %d", again.RetryCount)
	}
	await(t, s.customer, "the message delivered after a retry", func(m sandbox.Message) bool {
		return m.ID == sent.ID && m.Status == sandbox.StatusDelivered && m.Retries == 1
	})
	eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
}

func TestAReinstalledCustomerIsUnderstoodAgain(t *testing.T) {
	t.Parallel()
	for _, notify := range []bool{true, false} {
		name := "when the device is not told"
		if notify {
			name = "when the device is told"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.write(t, sandbox.Outgoing{Text: "before"})
			s.client.AwaitText(0, "before")
			s.client.SendText(ada, "re: before")
			await(t, s.customer, "the answer", withText("re: before"))
			s.fault(t, sandbox.Fault{Kind: "reinstall", Phone: ada, Notify: notify})
			s.client.SendText(ada, "are you there?")
			await(t, s.customer, "the message it first could not read", withText("are you there?"))
			s.write(t, sandbox.Outgoing{Text: "after"})
			s.client.AwaitText(0, "after")
		})
	}
}

func TestFaultsAreRepeatableBySeed(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T) (got []bool) {
		t.Helper()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "lose_message", Phone: shop, Direction: "in", Probability: 0.5, Seed: 7})
		for range 12 {
			s.write(t, sandbox.Outgoing{Text: "x"})
		}
		s.server.ClearFaults()
		s.write(t, sandbox.Outgoing{Text: "end"})
		s.client.AwaitText(0, "end")
		delivered := map[string]bool{}
		for _, m := range s.shop.Messages() {
			delivered[m.ID] = true
		}
		for _, m := range s.customer.Messages() {
			got = append(got, delivered[m.ID])
		}
		return got
	}
	first, second := run(t), run(t)
	lost := 0
	for i := range first {
		if first[i] != second[i] {
			t.Fatalf("two runs with one seed differ: %v and %v", first, second)
		}
		if !first[i] {
			lost++
		}
	}
	if lost == 0 || lost == 12 {
		t.Errorf("%d of 12 were lost", lost)
	}
}
