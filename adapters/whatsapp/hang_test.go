package whatsapp_test

import (
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/domain"
)

// A handler that never returns, and heeds no deadline, costs its own line one connection: the message comes again on the
// next one, is in the log once, and nobody else waits for it.
func TestAHandlerThatHangsEndsItsConnectionAndNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.linked("2348030000001"), w.linked("2348030000002")
	c := w.customer()
	w.stopPool()
	cfg := w.config()
	cfg.Timing.StanzaDeadline = 2 * time.Second
	w.startPoolWith(cfg)
	s.awaitConnected(2)
	other.awaitConnected(2)
	s.allSettled()

	var calls atomic.Int32
	hung, release := make(chan struct{}), make(chan struct{})
	w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
		if calls.Add(1) == 1 {
			close(hung)
			<-release
		}
		return next()
	})
	w.send(c, text(s, "are you there?"))
	<-hung
	w.send(c, text(other, "and you?"))
	await(other, func(e domain.MessageReceived) bool { return e.Text == "and you?" }) // while the first one still hangs

	await(s, func(e domain.ConnectionReconnecting) bool { return e.Reason == domain.ReasonDropped })
	await(s, func(e domain.MessageReceived) bool { return e.Text == "are you there?" })
	close(release) // what it does now is too late, and changes nothing
	w.send(c, text(s, "good"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "good" })
	s.receivedOnce("are you there?")
	s.receivedOnce("good")
	other.receivedOnce("and you?")
	s.allSettled()
}
