package whatsapp_test

import (
	"context"
	"testing"
	"time"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/domain"
)

// What a start has to know of a thousand numbers it asks for by few questions, not by a thousand.
func TestAStartReadsAllItsNumbersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shops := []*shop{w.linked("2348030000001"), w.linked("2348030000002"), w.linked("2348030000003")}
	w.stopPool()
	var asked [][]domain.WorkspaceID
	w.hooks.onConnections(func(of []domain.WorkspaceID) { asked = append(asked, of) })
	w.startPool()
	for _, s := range shops {
		s.awaitConnected(2)
	}
	w.stopPool()
	if len(asked) != 1 || len(asked[0]) != len(shops) {
		t.Errorf("the log was asked about %v", asked)
	}
}

// A number that is woken is looked at by itself: the work list of all is long.
func TestAWakeIsAboutOneNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.linked("2348030000001"), w.linked("2348030000002")
	w.stopPool()
	cfg := w.config()
	cfg.Timing.Poll = time.Hour
	asked := make(chan []domain.WorkspaceID, 100)
	cfg.Desired = listing{w, asked}
	w.startPoolWith(cfg)
	s.awaitConnected(2)
	other.awaitConnected(2)
	if first := <-asked; len(first) != 0 {
		t.Errorf("the first look is about %v", first)
	}
	s.disconnect(false)
	s.eventually("it is closed", func() bool { return !s.phone.Devices()[0].Online })
	for len(asked) > 0 {
		if of := <-asked; len(of) != 1 || of[0] != s.id {
			t.Errorf("looked at %v", of)
		}
	}
	if !other.phone.Devices()[0].Online {
		t.Error("the other one was closed too")
	}
}

// listing tells what the work list is asked for.
type listing struct {
	*world
	asked chan<- []domain.WorkspaceID
}

func (l listing) Desired(ctx context.Context, of ...domain.WorkspaceID) ([]whatsapp.Wanted, error) {
	l.asked <- of
	return l.world.Desired(ctx, of...)
}

// Tokens that WhatsApp takes no more are removed for all numbers by one job, not at each login.
func TestOldTokensAreTidiedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.stopPool()
	for address, age := range map[string]time.Duration{"old@lid": 29 * 24 * time.Hour, "new@lid": 20 * 24 * time.Hour} {
		_, err := w.wa.ExecContext(t.Context(), `
			INSERT INTO whatsmeow_privacy_tokens (our_jid, their_jid, token, timestamp)
			SELECT jid, $1, '\x00', $2 FROM wa_links`, address, time.Now().Add(-age).Unix())
		w.must(err)
	}
	w.startPool()
	s.awaitConnected(2)
	s.eventually("the old one is gone", func() bool { return w.rows("whatsmeow_privacy_tokens WHERE their_jid = 'old@lid'") == 0 })
	if w.rows("whatsmeow_privacy_tokens WHERE their_jid = 'new@lid'") != 1 {
		t.Error("the new one is gone too")
	}
}
