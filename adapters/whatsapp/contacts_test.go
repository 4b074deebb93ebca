package whatsapp_test

import (
	"slices"
	"testing"

	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// follows makes devices that are linked from now on learn the phone's settings.
func (w *world) follows(snapshots bool) {
	b := w.server.Behaviour()
	b.ShareKeys, b.StateSnapshots = true, snapshots
	w.server.SetBehaviour(b)
}

func (s *shop) saves(number, name string) {
	s.t.Helper()
	s.must(s.phone.SaveContact(s.t.Context(), number, name))
}

func (s *shop) listed(what string, n int) {
	s.t.Helper()
	s.eventually(what, func() bool { return s.rows("wa_contacts") == n })
}

// readWhole waits until the whole list was read.
func (s *shop) readWhole() {
	s.t.Helper()
	s.eventually("the list is read", func() bool { return s.rows("wa_links WHERE contacts_read_at IS NOT NULL") == 1 })
}

// saved says whether whoever wrote these words is a contact, as the log has it; nil when it does not say.
func (s *shop) saved(words string) *bool {
	s.t.Helper()
	m := await(s, func(m domain.MessageReceived) bool { return m.Text == words })
	var last *bool
	for _, e := range all[domain.CustomerSeen](s) {
		if e.CustomerID == m.CustomerID && e.Saved != nil {
			last = e.Saved
		}
	}
	return last
}

func (s *shop) expectSaved(words string, want bool) {
	s.t.Helper()
	if got := s.saved(words); got == nil || *got != want {
		s.t.Errorf("%q: saved is %v, not %v", words, got, want)
	}
}

func TestSavedContactsAreKnownAndNothingElseOfTheList(t *testing.T) {
	t.Parallel()
	for name, snapshots := range map[string]bool{"from a snapshot": true, "from every patch": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.follows(snapshots)
			s := w.newShop("2348030000001")
			ada, stranger := w.customer(), w.stranger()
			s.saves(ada.Number(), "Ada Obi")
			s.connect("", "")
			s.scan(s.phone)
			s.awaitConnected(1)
			s.readWhole()

			w.send(ada, text(s, "by number"))
			s.expectSaved("by number", true)
			hidden := text(s, "by lid")
			hidden.Address = "lid"
			w.send(ada, hidden)
			s.expectSaved("by lid", true)
			w.send(stranger, text(s, "a stranger"))
			s.expectSaved("a stranger", false)

			s.saves(stranger.Number(), "Bola")
			s.listed("a new contact is learned", 2)
			w.send(stranger, text(s, "not any more"))
			s.expectSaved("not any more", true)
			s.saves(ada.Number(), "Ada of the bakery")
			s.saves(stranger.Number(), "")
			s.listed("who was removed is none", 1)
			w.send(stranger, text(s, "a stranger again"))
			s.expectSaved("a stranger again", false)

			if w.rows("whatsmeow_contacts") != 0 {
				t.Error("the library keeps names")
			}
			w.must(s.phone.Unlink(t.Context(), 0))
			s.awaitReason(domain.ReasonUnlinkedOnPhone)
			s.listed("nothing is left of the list of a number that is unlinked", 0)
		})
	}
}

func TestAListThatWasNeverReadWholeIsReadOnTheNextConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.follows(true)
	s := w.linked("2348030000001")
	s.readWhole()
	ada, gone := w.customer(), w.stranger()
	s.saves(ada.Number(), "Ada Obi")
	s.listed("the contact is learned", 1)
	w.stopPool()
	// as a number is that was linked before lists were kept, but for somebody who is no contact any more
	_, err := w.wa.ExecContext(t.Context(), `UPDATE wa_links SET contacts_read_at = NULL`)
	w.must(err)
	_, err = w.wa.ExecContext(t.Context(), `UPDATE wa_contacts SET address_hmac = $1`, w.hide(s.id, gone.Number()+"@s.whatsapp.net"))
	w.must(err)
	w.startPool()
	s.readWhole()
	s.listed("one is a contact", 1)
	w.send(ada, text(s, "I was saved all along"))
	s.expectSaved("I was saved all along", true)
	w.send(gone, text(s, "I was not"))
	s.expectSaved("I was not", false)
}

func TestAContactRemovedWhileWeWereAwayIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.follows(true)
	s := w.linked("2348030000001")
	s.readWhole()
	s.saves(w.customer().Number(), "Ada Obi")
	s.listed("the contact is learned", 1)
	w.stopPool()
	s.saves("2348030000099", "")
	w.startPool()
	s.listed("it is removed", 0)
}

func TestWithoutTheListNobodyIsCalledAStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001") // its phone shares no keys
	w.send(w.customer(), text(s, "hello"))
	if got := s.saved("hello"); got != nil {
		t.Errorf("saved is %v", *got)
	}
	w.must(s.pool.ReadNoContacts(t.Context(), s.id))
	w.send(w.stranger(), text(s, "hello again"))
	s.expectSaved("hello again", false)
}

func TestAContactThatCouldNotBeStoredIsReadOnTheNextConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.follows(true)
	s := w.linked("2348030000001")
	s.readWhole()
	ada := w.customer()
	_, err := w.db.DB.ExecContext(t.Context(), `REVOKE INSERT ON wa_contacts FROM sb_wa`)
	w.must(err)
	s.saves(ada.Number(), "Ada Obi")
	s.eventually("the connection ends", func() bool {
		return slices.ContainsFunc(all[domain.ConnectionDisconnected](s), func(e domain.ConnectionDisconnected) bool {
			return e.Reason == domain.ReasonStorage
		})
	})
	_, err = w.db.DB.ExecContext(t.Context(), `GRANT INSERT ON wa_contacts TO sb_wa`)
	w.must(err)
	s.listed("the contact is learned after all", 1)
}

func (w *world) stranger() *sandbox.Phone {
	w.t.Helper()
	phone, err := w.server.AddPhone(sandbox.NewPhone{Number: "2348030000098", Name: "Somebody"})
	w.must(err)
	return phone
}
