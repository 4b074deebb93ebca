package whatsapp_test

import (
	"testing"

	"switchboard.example/domain"
)

func TestACustomersTypingIsPassedOnAndNotStored(t *testing.T) {
	t.Parallel()
	type sign struct {
		workspace domain.WorkspaceID
		addresses []string
		typing    bool
	}
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "hello"))
	got := await[domain.MessageReceived](s, nil)
	w.stopPool()
	signs, cfg := make(chan sign, 9), w.config()
	cfg.Typing = func(id domain.WorkspaceID, addresses []string, typing bool) { signs <- sign{id, addresses, typing} }
	w.startPoolWith(cfg)
	s.awaitConnected(2)
	said := func() (n int) {
		for _, r := range w.eventsOf(t.Context(), s.id) {
			if r.Stream.Kind == domain.ConversationKind || r.Stream.Kind == domain.CustomerKind {
				n++
			}
		}
		return n
	}
	before := said()
	for _, typing := range []bool{true, false} {
		w.must(c.Typing(s.phone.Number(), typing))
		told := <-signs
		if told.workspace != s.id || told.typing != typing || len(told.addresses) != 2 {
			t.Errorf("told %+v of typing %v", told, typing)
		}
		if got.ReplyTo != told.addresses[0] && got.ReplyTo != told.addresses[1] {
			t.Errorf("the chat is %s, they type as %v", got.ReplyTo, told.addresses)
		}
	}
	if after := said(); after != before {
		t.Errorf("%d events were stored", after-before)
	}
}
