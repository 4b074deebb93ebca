package whatsapp_test

import (
	"context"
	"errors"
	"testing"
	"time"

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
