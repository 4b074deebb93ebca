package sandbox_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestARetryStormEndsWithTheMessage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.SendText(ada, "warm up")
	await(t, s.customer, "the first message", withText("warm up"))
	s.fault(t, sandbox.Fault{Kind: "retry_storm", Phone: shop, Code: 6})
	s.client.SendText(ada, "again and again")
	m := await(t, s.customer, "the message", withText("again and again"))
	if m.Retries == 0 || len(m.Arrivals) < 2 || m.Arrivals[0].Outcome != "failed" {
		t.Errorf("it arrived as %+v", m.Arrivals)
	}
	eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
}

func TestAPhoneThatCannotReadAsksWithAHigherCountEachTime(t *testing.T) {
	t.Parallel()
	for code, asks := range map[int]int{1: 1, 4: 4, 0: 5} {
		t.Run(fmt.Sprint("code ", code), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: "unreadable", Phone: shop, Code: code})
			id := s.client.SendText(ada, "can you read this?")
			var m sandbox.Message
			eventually(t, "the last copy came", func() bool {
				for _, one := range s.customer.Messages() {
					if one.ID == id {
						m = one
					}
				}
				return m.Copies == asks+1
			})
			if readable := m.Status != sandbox.StatusFailed; readable != (code > 0) {
				t.Errorf("it is %s after %d copies", m.Status, m.Copies)
			}
			if asked := s.server.Stats().Counters["retriesAsked"]; asked != int64(asks) {
				t.Errorf("it asked %d times", asked)
			}
		})
	}
}

func TestUsedUpPreKeysAreFilledUpWhenTold(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	t.Run("without being told a new customer is understood all the same", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop})
		if left := s.shop.Devices()[0].PreKeys; left != 0 {
			t.Fatalf("%d keys are left", left)
		}
		s.write(t, sandbox.Outgoing{Text: "no key for me"})
		s.client.AwaitText(0, "no key for me")
		if missing := s.server.Stats().Counters["preKeysMissing"]; missing == 0 {
			t.Error("nobody missed a key")
		}
	})
	t.Run("told so, the device uploads more", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop, Notify: true})
		eventually(t, "there are keys again", func() bool { return s.shop.Devices()[0].PreKeys >= 5 })
	})
}

func TestTheOwnerReinstallsAndLinksAgain(t *testing.T) {
	deletesItsStore(t)
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "reinstall", Phone: shop})
	sandboxtest.Await[*events.LoggedOut](s.client, 0, nil)
	again := sandboxtest.Paired(t, s.server, s.shop)
	s.write(t, sandbox.Outgoing{Text: "to the new device"})
	again.AwaitText(0, "to the new device")
	again.SendText(ada, "from the new device")
	await(t, s.customer, "the answer", withText("from the new device"))
}

func TestACustomerChangesTheNumber(t *testing.T) {
	t.Parallel()
	for _, notify := range []bool{true, false} {
		t.Run(fmt.Sprint("notify ", notify), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.write(t, sandbox.Outgoing{Text: "old number"})
			s.client.AwaitText(0, "old number")
			s.client.SendText(ada, "re: old number")
			await(t, s.customer, "the answer", withText("re: old number"))
			const newNumber = "2348020000099"
			moved, err := s.server.ChangeNumber(patient(t), ada, newNumber, notify)
			if err != nil {
				t.Fatal(err)
			}
			if moved.LID() != s.customer.LID() || len(moved.Messages()) != 2 {
				t.Errorf("it took %s and %+v along", moved.LID(), moved.Messages())
			}
			if _, err := s.customer.Send(patient(t), shop, "from nowhere"); err == nil {
				t.Error("the old number still sends")
			}
			if _, err := moved.Send(patient(t), shop, "new number"); err != nil {
				t.Fatal(err)
			}
			if got := s.client.AwaitText(0, "new number"); got.Info.Sender.User != newNumber || got.Info.SenderAlt.User != moved.LID() {
				t.Errorf("the device saw %+v", got.Info.MessageSource)
			}
			s.client.SendText(newNumber, "re: new number")
			await(t, moved, "the answer", withText("re: new number"))
			if failed := s.server.Stats().Counters["messagesFailed"]; failed != 0 {
				t.Errorf("%d messages failed: the session did not move along", failed)
			}
		})
	}
}

func TestTheOwnerChangesTheNumber(t *testing.T) {
	deletesItsStore(t)
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "change_number", Phone: shop, Number: "2348010000077"})
	sandboxtest.Await[*events.LoggedOut](s.client, 0, nil)
	moved := newPhone(t, s.server, "2348010000077", "")
	if moved.Name() != "Shop" || len(moved.Devices()) != 0 {
		t.Errorf("the new number belongs to %q with %+v", moved.Name(), moved.Devices())
	}
}

func TestAnAccountMovesToLIDsWhileItIsLinked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Text: "before"})
	s.client.AwaitText(0, "before")
	s.fault(t, sandbox.Fault{Kind: "lid_migration", Phone: shop})
	eventually(t, "the device has confirmed it", func() bool { return s.server.Stats().Queued == 0 })
	s.client.SendText(ada, "after")
	if m := await(t, s.customer, "the message", withText("after")); m.Address != "lid" {
		t.Errorf("it came to the %s", m.Address)
	}
	s.write(t, sandbox.Outgoing{Text: "by lid now", Address: "lid"})
	s.client.AwaitText(0, "by lid now")
}

func TestEveryKindOfBanIsTold(t *testing.T) {
	t.Parallel()
	for code := 101; code <= 106; code++ {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: "temporary_ban", Phone: shop, Code: code, Seconds: 60})
			ban := sandboxtest.Await[*events.TemporaryBan](s.client, 0, nil)
			if int(ban.Code) != code || ban.Expire != time.Minute {
				t.Errorf("the ban is %+v", ban)
			}
		})
	}
}

func TestARestrictedAccountMayAnswerButNotBegin(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const stranger = "2348020000003"
	newPhone(t, s.server, stranger, "Stranger")
	s.write(t, sandbox.Outgoing{Text: "a known customer"})
	s.client.AwaitText(0, "a known customer")
	from := s.client.Events()
	s.fault(t, sandbox.Fault{Kind: "reachout_timelock", Phone: shop, Seconds: 2})
	lock := sandboxtest.Await[*events.NotifyAccountReachoutTimelock](s.client, from, nil)
	if !lock.IsActive || lock.TimeEnforcementEnds.Before(time.Now().Add(-time.Second)) {
		t.Errorf("it was told %+v", lock)
	}
	if _, err := s.client.TrySendText(stranger, "hello?"); !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.Contains(err.Error(), "463") {
		t.Errorf("writing to a stranger ended with %v", err)
	}
	s.client.SendText(ada, "an answer")
	await(t, s.customer, "the answer", withText("an answer"))
	sandboxtest.Await(s.client, from, func(l *events.NotifyAccountReachoutTimelock) bool { return !l.IsActive })
	s.client.SendText(stranger, "hello!")
}

func TestAFalseServerOrPhoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"wrong_root", "wrong_leaf", "wrong_key", "wrong_serial", "short_signature"} {
		t.Run("with "+kind+" there is no connection", func(t *testing.T) {
			t.Parallel()
			server := sandboxtest.New(t)
			if err := server.Fault(patient(t), sandbox.Fault{Kind: kind}); err != nil {
				t.Fatal(err)
			}
			client := sandboxtest.NewClient(t, server, nil)
			if err := client.Connect(); err == nil {
				t.Fatal("the client connected")
			}
			client.Dial() // the next handshake is honest
			sandboxtest.Await[*events.QR](client, 0, nil)
		})
	}
	for kind, want := range map[string]string{"wrong_hmac": "hmac-mismatch", "wrong_signature": "signature-mismatch"} {
		t.Run("with "+kind+" there is no link", func(t *testing.T) {
			t.Parallel()
			server := sandboxtest.New(t)
			phone := newPhone(t, server, shop, "Shop")
			client := sandboxtest.NewClient(t, server, nil)
			code := codeOf(t, client)
			if err := server.Fault(patient(t), sandbox.Fault{Kind: kind, Phone: shop}); err != nil {
				t.Fatal(err)
			}
			_, err := phone.Scan(patient(t), code)
			refused(t, err, want)
			sandboxtest.Await[*events.PairError](client, 0, nil)
		})
	}
	t.Run("with a false key bundle nothing is sent to that device", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "wrong_bundle", Phone: ada})
		if _, err := s.client.TrySendText(ada, "to whom?"); err == nil {
			await(t, s.shop, "it on the own handset", withText("to whom?"))
		}
		s.client.SendText(ada, "to Ada")
		await(t, s.customer, "the second message", withText("to Ada"))
		if got := len(s.customer.Messages()); got != 1 {
			t.Errorf("the customer has %d messages, want 1", got)
		}
	})
}

func TestTheSandboxRefusesFalseKeys(t *testing.T) {
	t.Parallel()
	t.Run("a registration whose prekey the identity did not sign", func(t *testing.T) {
		t.Parallel()
		server := sandboxtest.New(t)
		device := sandboxtest.NewDevice()
		device.SignedPreKey.Signature[5] ^= 0xff
		client := sandboxtest.NewClient(t, server, device)
		client.Dial()
		sandboxtest.Await[*events.ConnectFailure](client, 0, nil)
		if n := server.Stats().Counters["signaturesRefused"]; n != 1 {
			t.Errorf("%d signatures were refused, want 1", n)
		}
	})
	t.Run("an upload whose prekey the identity did not sign", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.client.Store.SignedPreKey.Signature[5] ^= 0xff
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop, Notify: true})
		eventually(t, "the upload is refused", func() bool { return s.server.Stats().Counters["signaturesRefused"] > 0 })
		if left := s.shop.Devices()[0].PreKeys; left != 0 {
			t.Errorf("%d keys were taken", left)
		}
	})
	t.Run("a one-time key that was given out before", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop})
		s.client.Store.PreKeys.(*sandboxtest.Memory).ForgetUploads()
		s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop, Notify: true})
		eventually(t, "the old keys are refused", func() bool { return s.server.Stats().Counters["preKeysRefused"] >= 50 })
		if left := s.shop.Devices()[0].PreKeys; left != 0 {
			t.Errorf("%d keys were taken", left)
		}
	})
}

func TestAMalformedCiphertextIsRelayedOrRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	send := func(id string) {
		t.Helper()
		if err := s.client.DangerousInternals().SendNode(patient(t), malformedMessage(id)); err != nil { //nolint:staticcheck // nothing else sends nonsense
			t.Fatal(err)
		}
	}
	send("RELAYED")
	m := await(t, s.customer, "what it cannot read", func(m sandbox.Message) bool { return m.ID == "RELAYED" })
	if m.Status != sandbox.StatusFailed || m.Error == "" {
		t.Errorf("it is %+v", m)
	}
	b := s.server.Behaviour()
	b.RelayMalformed = false
	s.server.SetBehaviour(b)
	send("REFUSED")
	eventually(t, "it is refused", func() bool { return s.server.Stats().Counters["messagesRefused"] == 1 })
	for _, m := range s.customer.Messages() {
		if m.ID == "REFUSED" {
			t.Errorf("it was delivered: %+v", m)
		}
	}
}

func TestAChatWithAStaleTokenTakesNothingUntilItIsRefreshed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Text: "hello"})
	s.client.AwaitText(0, "hello")
	inside := s.client.DangerousInternals() //nolint:staticcheck // no other way to give a token at will
	person := inside.ResolveTCTokenStorageLID(t.Context(), types.NewJID(ada, types.DefaultUserServer))
	inside.SetTCTokenSenderTS(person, time.Now()) // else the library gives a token beside its first message
	s.fault(t, sandbox.Fault{Kind: "stale_token", Phone: shop})
	for range 2 {
		if _, err := s.client.TrySendText(ada, "an answer"); !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.Contains(err.Error(), "463") {
			t.Fatalf("it ended with %v", err)
		}
	}
	if _, err := inside.IssuePrivacyToken(t.Context(), person, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.client.SendText(ada, "an answer")
	await(t, s.customer, "the answer", withText("an answer"))
	if n := s.server.Stats().Counters["tokensIssued"]; n < 2 {
		t.Errorf("%d tokens were given, want one each way", n)
	}
}
