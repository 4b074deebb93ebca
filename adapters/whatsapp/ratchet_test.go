package whatsapp_test

import (
	"fmt"
	"testing"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// A customer who goes on writing while they are answered makes encryption and decryption meet on one Signal session.
// Without the ratchet's lock about one reply in ten cannot be read.
func TestReplyingWhileTheCustomerIsWritingLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.hooks.onMessage(func(cmd commands.ReceiveMessage, id domain.CustomerID) {
		about := domain.About{WorkspaceID: s.id, CustomerID: id}
		s.reply(domain.MessageReceived{About: about, MessageID: cmd.MessageID, ReplyTo: cmd.ReplyTo}, "re: "+cmd.Text)
	})
	const messages = 40
	for i := range messages {
		w.send(c, text(s, fmt.Sprint(i)))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("received %d, queued %d, sent %d, failed %d, cancelled %d; tries %v, reconnects %d",
				count[domain.MessageReceived](s), count[domain.ReplyQueued](s), count[domain.ReplySent](s), count[domain.ReplyFailed](s),
				count[domain.ReplyCancelled](s), w.metric("switchboard_outbound_total"), count[domain.ConnectionDisconnected](s))
		}
	})
	w.eventually("every message is answered", func() bool {
		answers := map[string]bool{}
		for _, m := range c.Messages() {
			if m.Direction == sandbox.DirectionIn {
				answers[m.Text] = true
			}
		}
		return len(answers) == messages
	})
	for _, m := range c.Messages() {
		if m.Direction == sandbox.DirectionIn && (m.Retries > 0 || m.Status == sandbox.StatusFailed || m.Error != "") {
			t.Errorf("a reply could not be read at first: %+v", m)
		}
	}
	if n := count[domain.MessageUndecryptable](s); n != 0 {
		t.Errorf("%d messages could not be read at first", n)
	}
}
