package whatsapp_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/domain"
)

// What a decryption changes is stored all at once, and only when the message could be read by who owns the workspace.
func TestADecryptionIsStoredAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	var key, other [32]byte
	copy(key[:], "the key of somebody's phone")
	copy(other[:], "the key of their new phone")
	errUnreadable := errors.New("it cannot be read")
	begin := func(t *testing.T) (w *world, s *shop, decrypts func(end error) error) {
		t.Helper()
		w = newWorld(t)
		s = w.linked("2348030000001")
		s.allSettled()
		device := s.pool.Device(s.id)
		return w, s, func(end error) error {
			return device.EventBuffer.DoDecryptionTxn(t.Context(), func(ctx context.Context) error {
				w.must(device.Sessions.PutSession(ctx, peer, []byte("turned")))
				if session, err := device.Sessions.GetSession(ctx, peer); err != nil || string(session) != "turned" {
					t.Errorf("within it, the session is %q, %v", session, err)
				}
				w.must(device.Identities.PutIdentity(ctx, peer, key))
				w.must(device.PreKeys.RemovePreKey(ctx, 1))
				w.must(device.EventBuffer.PutBufferedEvent(ctx, [32]byte{1}, []byte("hello"), time.Now()))
				return end
			})
		}
	}
	stored := func(w *world, s *shop) (session string, trusts, buffered, unused bool) {
		w.t.Helper()
		device := s.pool.Device(s.id)
		had, err := device.Sessions.GetSession(w.t.Context(), peer)
		w.must(err)
		trusts, err = device.Identities.IsTrustedIdentity(w.t.Context(), peer, other)
		w.must(err)
		event, err := device.EventBuffer.GetBufferedEvent(w.t.Context(), [32]byte{1})
		w.must(err)
		oneTime, err := device.PreKeys.GetPreKey(w.t.Context(), 1)
		w.must(err)
		return string(had), trusts, event != nil && string(event.Plaintext) == "hello", oneTime != nil
	}
	t.Run("read", func(t *testing.T) {
		t.Parallel()
		w, s, decrypts := begin(t)
		w.must(decrypts(nil))
		if session, trusts, buffered, unused := stored(w, s); session != "turned" || trusts || !buffered || unused {
			t.Errorf("session %q, another key trusted %v, buffered %v, one-time key left %v", session, trusts, buffered, unused)
		}
	})
	t.Run("unreadable", func(t *testing.T) {
		t.Parallel()
		w, s, decrypts := begin(t)
		if err := decrypts(errUnreadable); !errors.Is(err, errUnreadable) {
			t.Errorf("it ended with %v", err)
		}
		if session, trusts, buffered, unused := stored(w, s); session != "" || !trusts || buffered || !unused {
			t.Errorf("session %q, another key trusted %v, buffered %v, one-time key left %v", session, trusts, buffered, unused)
		}
	})
	t.Run("by who lost the workspace meanwhile", func(t *testing.T) {
		t.Parallel()
		w, _, decrypts := begin(t)
		w.loseLeases()
		if err := decrypts(nil); err == nil {
			t.Error("it was stored")
		}
		rows := w.rows("whatsmeow_event_buffer") + w.rows("whatsmeow_identity_keys WHERE their_id = '"+peer+"'") +
			w.rows("whatsmeow_sessions WHERE their_id = '"+peer+"'")
		if rows != 0 {
			t.Errorf("%d rows were written", rows)
		}
	})
}

// WhatsApp marks what waited for us. Should a message come again without the mark, its words are found all the same: at once when
// the log has it, over the next connection when it does not.
func TestAMessageThatComesAgainUnmarkedIsNotLost(t *testing.T) {
	t.Parallel()
	hash := [32]byte{7}
	comes := func(t *testing.T) (w *world, s *shop, again func() error) {
		t.Helper()
		w = newWorld(t)
		s = w.linked("2348030000001")
		s.allSettled()
		device := s.pool.Device(s.id)
		w.must(device.EventBuffer.DoDecryptionTxn(t.Context(), func(ctx context.Context) error {
			return device.EventBuffer.PutBufferedEvent(ctx, hash, []byte("hello"), time.Now())
		}))
		return w, s, func() error {
			ctx := whatsapp.Arriving(t.Context())
			if found, err := device.EventBuffer.GetBufferedEvent(ctx, hash); found != nil || err != nil {
				t.Errorf("it was looked for: %v, %v", found, err)
			}
			return device.EventBuffer.DoDecryptionTxn(ctx, func(context.Context) error { return errors.New("old counter") })
		}
	}
	t.Run("not in the log yet", func(t *testing.T) {
		t.Parallel()
		w, s, again := comes(t)
		if err := again(); err == nil || errors.Is(err, whatsmeow.ErrEventAlreadyProcessed) {
			t.Errorf("it ended with %v", err)
		}
		s.awaitConnected(2)
		found, err := s.pool.Device(s.id).EventBuffer.GetBufferedEvent(whatsapp.Arriving(t.Context()), hash)
		w.must(err)
		if found == nil || string(found.Plaintext) != "hello" {
			t.Errorf("over the next connection it is %+v", found)
		}
	})
	t.Run("in the log", func(t *testing.T) {
		t.Parallel()
		w, s, again := comes(t)
		w.must(s.pool.Device(s.id).EventBuffer.ClearBufferedEventPlaintext(t.Context(), hash))
		for range 2 { // before its words are wiped, and after
			if err := again(); !errors.Is(err, whatsmeow.ErrEventAlreadyProcessed) {
				t.Errorf("it ended with %v", err)
			}
			w.eventually("its words are wiped", func() bool { return w.rows("whatsmeow_event_buffer WHERE plaintext IS NOT NULL") == 0 })
		}
	})
}

// The words of a message stay in the buffer, sealed, until the log has them.
func TestTheWordsOfARecordedMessageAreWiped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.send(w.customer(), text(s, "how much is the red one?"))
	await[domain.MessageReceived](s, nil)
	w.eventually("its words are wiped, and that it came is remembered", func() bool {
		kept, seen := w.rows("whatsmeow_event_buffer WHERE plaintext IS NOT NULL"), w.rows("whatsmeow_event_buffer")
		return kept == 0 && seen > 0
	})
}

// That nothing is stored of a phone number is remembered only for as long as it is so.
func TestASessionStoredAfterTheMoveIsMovedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	sessions := s.pool.Device(s.id).Sessions
	pn, lid := types.NewJID("2348030000077", types.DefaultUserServer), types.NewJID("77000000000077", types.HiddenUserServer)
	w.must(sessions.MigratePNToLID(t.Context(), pn, lid))
	ctx, end := s.pool.Turns(t.Context(), s.id)
	_, err := sessions.GetSession(ctx, "2348030000077:0")
	w.must(err)
	w.must(sessions.PutSession(ctx, "2348030000077:0", []byte("a session")))
	end()
	w.must(sessions.MigratePNToLID(t.Context(), pn, lid))
	if n := w.rows("whatsmeow_sessions WHERE their_id LIKE '77000000000077%'"); n != 1 {
		t.Errorf("%d sessions are the LID's", n)
	}
}

// Sessions are remembered beside the tables, and never for longer than they are there.
func TestARemovedSessionIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	device := s.pool.Device(s.id)
	store := func() {
		t.Helper()
		ctx, end := s.pool.Turns(t.Context(), s.id)
		defer end()
		w.must(turn(ctx, device))
	}
	there := func() bool {
		t.Helper()
		has, err := device.Sessions.HasSession(t.Context(), peer)
		w.must(err)
		return has
	}
	store()
	if !there() {
		t.Fatal("it was not stored")
	}
	w.must(device.Sessions.DeleteSession(t.Context(), peer))
	if there() {
		t.Error("it is there after it was removed")
	}
	store()
	w.must(device.Sessions.DeleteAllSessions(t.Context(), "2348030000077_1"))
	if there() {
		t.Error("it is there after all of its phone's were removed")
	}
}
