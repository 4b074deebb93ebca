package whatsapp_test

import (
	"fmt"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// Clients are renewed again and again while a customer writes and is answered, and nobody notices.
func TestRenewingAClientLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	w.renewsOften()
	s.awaitConnected(2)
	c := w.customer()
	w.hooks.onMessage(func(cmd commands.ReceiveMessage, id domain.CustomerID) {
		about := domain.About{WorkspaceID: s.id, CustomerID: id}
		s.reply(domain.MessageReceived{About: about, MessageID: cmd.MessageID, ReplyTo: cmd.ReplyTo}, "re: "+cmd.Text)
	})
	const messages = 12
	for i := range messages {
		before := w.metric("switchboard_clients_recycled_total")
		w.send(c, text(s, fmt.Sprint(i)))
		if i%4 == 0 {
			w.eventually("a client is renewed", func() bool { return w.metric("switchboard_clients_recycled_total") > before })
		}
	}
	for i := range messages {
		w.reads(c, fmt.Sprint("re: ", i))
	}
	s.allSettled()
	for i := range messages {
		s.receivedOnce(fmt.Sprint(i))
	}
	for _, m := range c.Messages() {
		if m.Direction == sandbox.DirectionIn && (m.Retries > 0 || m.Error != "") {
			t.Errorf("a reply could not be read at first: %+v", m)
		}
	}
	if connected, gone := count[domain.ConnectionConnected](s), count[domain.ConnectionDisconnected](s); connected != 2 || gone != 0 {
		t.Errorf("it shows as connected %d times and as gone %d times", connected, gone)
	}
}

// When the new client finds WhatsApp out of reach, that is told like any other drop.
func TestAClientThatCannotBeRenewedIsADrop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	w.renewsOften()
	s.awaitConnected(2)
	w.fault(sandbox.Fault{Kind: "refuse_http", Times: 3})
	gone := await[domain.ConnectionDisconnected](s, nil)
	if gone.Reason != domain.ReasonServerBusy || !gone.WillRetry {
		t.Errorf("recorded %+v", gone)
	}
	s.awaitConnected(3)
}

// renewsOften starts the pool anew, with clients that grow old within moments.
func (w *world) renewsOften() {
	w.t.Helper()
	w.stopPool()
	cfg := w.config()
	cfg.Timing.RecycleMin, cfg.Timing.RecycleMax, cfg.Timing.QuietFor = 300*time.Millisecond, 600*time.Millisecond, 50*time.Millisecond
	cfg.Timing.RenewWithin = patience // however busy this machine is
	w.startPoolWith(cfg)
}
