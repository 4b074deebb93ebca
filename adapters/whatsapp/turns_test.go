package whatsapp_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"go.mau.fi/whatsmeow/store"

	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

const peer = "2348030000077_1:0"

// Whoever reads, turns and writes back a session does so alone: else one of the turns would be lost.
func TestTwoUsersOfOneRatchetNeverOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	sessions, buffer := s.pool.Device(s.id).Sessions, s.pool.Device(s.id).EventBuffer
	turnOne := func(ctx context.Context) error {
		session, err := sessions.GetSession(ctx, peer)
		if err != nil {
			return err
		}
		return sessions.PutSession(ctx, peer, next(session))
	}
	users := map[string]func(context.Context) error{
		"a reply": func(ctx context.Context) error {
			ctx, end := s.pool.Turns(ctx, s.id)
			defer end()
			found, err := sessions.GetManySessions(ctx, []string{peer})
			if err != nil {
				return err
			}
			return sessions.PutManySessions(ctx, map[string][]byte{peer: next(found[peer])})
		},
		"a resend": func(ctx context.Context) error {
			ctx, end := s.pool.Turns(ctx, s.id)
			defer end()
			return turnOne(ctx)
		},
		"a decryption":                func(ctx context.Context) error { return buffer.DoDecryptionTxn(ctx, turnOne) },
		"the library's own message":   turnOne,
		"the library's other message": turnOne,
	}
	const each = 25
	var all sync.WaitGroup
	for name, use := range users {
		all.Go(func() {
			for range each {
				if err := use(t.Context()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	all.Wait()
	session, err := sessions.GetSession(t.Context(), peer)
	w.must(err)
	if want := strconv.Itoa(each * len(users)); string(session) != want {
		t.Errorf("of %s turns %s are left", want, session)
	}
}

func next(session []byte) []byte {
	n, _ := strconv.Atoi(string(session))
	return []byte(strconv.Itoa(n + 1))
}

// A session that is stored, or was not to be stored, holds up nobody.
func TestTheRatchetIsFreeAsSoonAsTheSessionIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	device := s.pool.Device(s.id)
	decrypts := func(t *testing.T) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := device.EventBuffer.DoDecryptionTxn(ctx, func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
	}
	t.Run("while the same call goes on", func(t *testing.T) {
		ctx, end := s.pool.Turns(t.Context(), s.id)
		defer end()
		for range 2 { // new keys for the session, and a message under them
			w.must(turn(ctx, device))
			decrypts(t)
		}
	})
	t.Run("when the call failed in between", func(t *testing.T) {
		ctx, end := s.pool.Turns(t.Context(), s.id)
		_, err := device.Sessions.GetSession(ctx, peer)
		w.must(err)
		end()
		decrypts(t)
	})
	t.Run("when the library fails by itself", func(t *testing.T) {
		_, err := device.Sessions.GetSession(t.Context(), peer)
		w.must(err)
		decrypts(t)
		if err := device.Sessions.PutSession(t.Context(), peer, []byte("1")); err == nil {
			t.Error("a session was stored that somebody else may have turned")
		}
	})
}

func turn(ctx context.Context, device *store.Device) error {
	session, err := device.Sessions.GetSession(ctx, peer)
	if err != nil {
		return err
	}
	return device.Sessions.PutSession(ctx, peer, next(session))
}

// One customer's phone asks for a reply again and again, while another customer writes and is answered.
func TestAResendHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "hello"))
	got := await[domain.MessageReceived](s, nil)
	w.fault(sandbox.Fault{Kind: "retry_storm"})
	s.reply(got, "once more")
	const messages = 10
	for i := range messages {
		w.send(c, text(s, fmt.Sprint("message ", i)))
	}
	s.eventually("all are in the log", func() bool { return count[domain.MessageReceived](s) == messages+1 })
	s.reply(got, "after")
	w.reads(c, "after")
	s.eventually("it was encrypted again", func() bool { return w.metric("switchboard_retry_receipts_total") >= 5 })
	if n := count[domain.MessageUndecryptable](s); n != 0 {
		t.Errorf("%d messages could not be read at first", n)
	}
}
