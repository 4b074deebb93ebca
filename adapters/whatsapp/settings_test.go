package whatsapp_test

import (
	"testing"

	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// wholeReadings is how often a device has asked for a whole collection of settings.
func (w *world) wholeReadings() int64 { return w.server.Stats().Counters["appStateReadWhole"] }

// knows is a shop whose phone has saved one contact, which is known.
func knows(t *testing.T) (*world, *shop, *sandbox.Phone) {
	t.Helper()
	w := newWorld(t)
	w.follows(true)
	s := w.linked("2348030000001")
	s.readWhole()
	s.saves(w.customer().Number(), "Ada Obi")
	s.listed("the contact is learned", 1)
	s.allSettled()
	w.stopPool() // and with it the first reading of everything
	w.startPool()
	s.awaitConnected(2)
	return w, s, w.stranger()
}

func (s *shop) neverDisconnected() {
	s.t.Helper()
	if n := count[domain.ConnectionDisconnected](s); n != 0 {
		s.t.Errorf("the connection was given up %d times", n)
	}
}

func TestASettingThatDoesNotVerifyIsReadAgainWithAllTheOthers(t *testing.T) {
	t.Parallel()
	w, s, stranger := knows(t)
	before := w.wholeReadings()
	w.fault(sandbox.Fault{Kind: "state_mac", Phone: s.phone.Number()})
	s.saves(stranger.Number(), "Bola")
	s.listed("the contact is learned all the same", 2)
	if n := w.wholeReadings() - before; n != 1 {
		t.Errorf("the list was read whole %d times", n)
	}
	if n := w.metric("switchboard_phone_requests_total"); n != 0 {
		t.Errorf("the phone was asked %v times", n)
	}
	s.neverDisconnected()
}

func TestThePhoneIsAskedForSettingsThatDoNotVerifyEvenWhole(t *testing.T) {
	t.Parallel()
	w, s, stranger := knows(t)
	w.fault(sandbox.Fault{Kind: "state_mac", Phone: s.phone.Number(), Seconds: 2 * patience.Seconds()})
	s.saves(stranger.Number(), "Bola")
	s.listed("the contact is learned from the phone", 2)
	if n := w.server.Stats().Counters["appStateRecoveries"]; n != 1 {
		t.Errorf("the phone told %d times", n)
	}
	w.server.ClearFaults()
	s.saves(stranger.Number(), "")
	s.listed("and what follows as ever", 1)
	s.neverDisconnected()
}

// Every change of settings that do not verify, such as every chat read on the phone, would be one more reading of them all.
func TestSettingsThatDoNotVerifyAreNotReadAgainAndAgain(t *testing.T) {
	t.Parallel()
	w, s, stranger := knows(t)
	w.must(s.phone.SetOffline(t.Context(), true)) // so that it does not mend them
	before := w.wholeReadings()
	w.fault(sandbox.Fault{Kind: "state_mac", Phone: s.phone.Number(), Seconds: 2 * patience.Seconds()})
	s.saves(stranger.Number(), "Bola")
	w.eventually("the phone is asked", func() bool { return w.metric("switchboard_phone_requests_total") >= 1 })
	for range 10 {
		s.saves(stranger.Number(), "Bola of the market")
		s.allSettled()
	}
	w.server.ClearFaults()
	w.send(stranger, text(s, "hello")) // after all of which it is still there
	await(s, func(m domain.MessageReceived) bool { return m.Text == "hello" })
	if n := w.wholeReadings() - before; n != 1 {
		t.Errorf("the list was read whole %d times", n)
	}
	if n := w.metric("switchboard_phone_requests_total"); n != 1 {
		t.Errorf("the phone was asked %v times", n)
	}
	s.neverDisconnected()
}

// The library takes an answer that is an error for an empty list.
func TestAnErrorInPlaceOfTheContactsRemovesNobody(t *testing.T) {
	t.Parallel()
	w, s, stranger := knows(t)
	w.stopPool()
	_, err := w.wa.ExecContext(t.Context(), `UPDATE wa_links SET contacts_read_at = contacts_read_at - interval '8 days'`)
	w.must(err)
	w.fault(sandbox.Fault{Kind: "state_error", Phone: s.phone.Number(), Later: true})
	w.startPool()
	w.eventually("the error is noticed", func() bool { return w.metric("switchboard_app_state_errors_total") >= 1 })
	s.listed("the contact is kept", 1)
	s.saves(stranger.Number(), "Bola")
	s.listed("the next change brings them all", 2)
	s.eventually("the list counts as read", func() bool {
		return s.rows("wa_links WHERE contacts_read_at > now() - interval '1 day'") == 1
	})
	w.must(s.phone.Unlink(t.Context(), 0))
	s.awaitReason(domain.ReasonUnlinkedOnPhone)
}
