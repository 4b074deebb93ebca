package whatsapp_test

import (
	"sync/atomic"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

func TestACustomerWhoReinstallsIsNotedOnce(t *testing.T) {
	t.Parallel()
	for name, notify := range map[string]bool{"whatsapp says so": true, "only the next message does": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			c := w.customer()
			w.send(c, text(s, "hello"))
			got := await[domain.MessageReceived](s, nil)
			s.reply(got, "hi there")
			w.reads(c, "hi there")

			w.must(c.Reinstall(t.Context(), notify))
			if notify {
				await[domain.IdentityChanged](s, nil)
				s.reply(got, "written to the new phone")
				if m := w.reads(c, "written to the new phone"); m.Retries > 0 {
					t.Errorf("it could not be read at first: %+v", m)
				}
			}
			w.send(c, text(s, "it is me again"))
			again := await(s, func(e domain.MessageReceived) bool { return e.Text == "it is me again" })
			s.reply(again, "good to see you")
			w.reads(c, "good to see you")
			changed := await[domain.IdentityChanged](s, nil)
			if changed.CustomerID != got.CustomerID || again.CustomerID != got.CustomerID || changed.Implicit == notify {
				t.Errorf("%+v of %+v", changed, got)
			}
			for range 2 { // WhatsApp says it again
				s.pool.Handle(s.id, &events.IdentityChange{JID: types.NewJID(c.Number(), types.DefaultUserServer), Timestamp: changed.ChangedAt})
			}
			s.asidesAreDone()
			if n := count[domain.IdentityChanged](s); n != 1 {
				t.Errorf("it was noted %d times", n)
			}
			if n := count[domain.MessageUndecryptable](s); n != 0 {
				t.Errorf("%d messages could not be read", n)
			}
		})
	}
}

func TestAStrangerWhoReinstallsIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShop("2348030000001")
	c := w.customer()
	w.send(c, text(s, "before anybody was linked")) // the phones know each other, the business's device knows nobody
	s.connect("", "")
	s.scan(s.phone)
	s.awaitConnected(1)
	seen := make(chan struct{})
	w.hooks.onIdentityChange(func(commands.SeeIdentityChange) error { close(seen); return nil })
	w.must(c.Reinstall(t.Context(), true))
	<-seen
	s.asidesAreDone()
	var addresses int
	w.must(w.worker.Get(&addresses, `SELECT count(*) FROM customer_addresses`))
	if n := count[domain.IdentityChanged](s) + count[domain.CustomerSeen](s); n != 0 || addresses != 0 {
		t.Errorf("%d events and %d addresses of a stranger", n, addresses)
	}
	w.send(c, text(s, "hello"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "hello" })
}

func TestAChangeIsNotedWhenTheLogIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "hello"))
	await[domain.MessageReceived](s, nil)
	s.allSettled()
	tried := make(chan struct{}, 100)
	var back atomic.Bool
	w.hooks.onIdentityChange(func(commands.SeeIdentityChange) error {
		if back.Load() {
			return nil
		}
		tried <- struct{}{}
		return errAway
	})
	w.must(c.Reinstall(t.Context(), true))
	<-tried
	w.send(c, text(s, "meanwhile")) // nothing waits behind it
	await(s, func(e domain.MessageReceived) bool { return e.Text == "meanwhile" })
	if n := count[domain.IdentityChanged](s); n != 0 {
		t.Fatalf("it was noted %d times, the log being away", n)
	}
	back.Store(true)
	await[domain.IdentityChanged](s, nil)
}

func TestWhatAPhoneCannotReadIsCountedByThePhone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault      sandbox.Fault
		asks       int
		unreadable bool
	}{
		"it reads the fifth copy":              {sandbox.Fault{Kind: "unreadable", Code: 4}, 4, false},
		"it can never read it":                 {sandbox.Fault{Kind: "unreadable"}, 5, true},
		"it says the same eight times at once": {sandbox.Fault{Kind: "retry_storm"}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			phone := w.customer()
			w.send(phone, text(s, "hello"))
			got := await[domain.MessageReceived](s, nil)
			w.fault(c.fault)
			ref := s.reply(got, "can you read this?")
			if c.unreadable {
				await(s, func(e domain.ReplyRetryRequested) bool { return e.Unreadable() })
			} else {
				await(s, func(e domain.ReplyDelivered) bool { return e.ReplyID == ref.ReplyID })
			}
			s.asidesAreDone()
			asked := all[domain.ReplyRetryRequested](s)
			for i, e := range asked {
				if e.ReplyID != ref.ReplyID || e.CustomerID != got.CustomerID || e.Count != i+1 {
					t.Errorf("request %d is %+v", i+1, e)
				}
			}
			if len(asked) != c.asks {
				t.Errorf("%d requests are in the log, not %d", len(asked), c.asks)
			}
			if n := count[domain.ReplyDelivered](s); (n == 0) != c.unreadable {
				t.Errorf("delivered %d times", n)
			}
		})
	}
}
