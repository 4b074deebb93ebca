package main

import (
	"strings"
	"testing"

	"switchboard.example/domain"
	"switchboard.example/projections"
	"switchboard.example/sandbox"
)

func TestACustomerWithANewPhoneIsNotedOnceAndAnswered(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.phone(shopNumber)
	stranger, bola := w.phone("2348050000002"), w.phone("2348050000001")
	w.says(stranger, shopNumber, "hello") // before the number was linked: nobody to the business
	w.links(id, shopNumber)
	w.asks(bola, shopNumber, "how much is delivery?", 1)
	for _, phone := range []*sandbox.Phone{stranger, bola} {
		if err := phone.Reinstall(w.ctx, true); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.asks(bola, shopNumber, "how much is delivery?", 2); got != "Delivery is ₦1,500." {
		t.Errorf("the new phone got %q", got)
	}
	changed := func() (n int) {
		for _, r := range w.events() {
			if e, ok := r.Event.(domain.IdentityChanged); ok && e.CustomerID == w.customerOf(bola, id) {
				n++
			}
		}
		return n
	}
	w.eventually("it is noted", func() bool { return changed() > 0 })
	w.shows()
	notices := 0
	for _, m := range w.thread(id, bola) {
		if m.IsNotice() && m.Kind == projections.IdentityNotice {
			notices++
		}
	}
	if notices != 1 || changed() != 1 {
		t.Errorf("%d lines in the chat, %d events", notices, changed())
	}
	chats, err := projections.ConversationsOf(w.ctx, w.app.core.worker, id, w.now(), projections.InboxPage{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(chats) != 1 || chats[0].State != projections.BotAnswers || chats[0].WaitingSince != nil || chats[0].LastDirection != "out" {
		t.Errorf("the inbox has %+v", chats)
	}
}

func TestAReplyThatCannotBeReadIsSaidToBe(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	bola := w.phone("2348050000001")
	breaks := func(times int) {
		if err := w.phones.Fault(w.ctx, sandbox.Fault{Kind: "unreadable", Phone: shopNumber, Code: times}); err != nil {
			t.Fatal(err)
		}
		w.says(bola, shopNumber, "how much is delivery?")
	}
	said := func() bool {
		for _, r := range w.events() {
			if strings.Contains(projections.Sentence(r), "not readable by the customer") {
				return true
			}
		}
		return false
	}
	status := func() string {
		thread := w.thread(id, bola)
		return thread[len(thread)-1].Status
	}

	breaks(4)
	w.eventually("the fourth try is noted, and the fifth copy read", func() bool { return w.retryRequests() == 4 && !w.underWay() })
	w.shows()
	if got := status(); got != "delivered" || said() {
		t.Errorf("after four tries the reply shows as %s; said to be unreadable: %v", got, said())
	}

	breaks(0)
	w.eventually("the fifth try is noted", func() bool { return w.retryRequests() == 4+5 })
	w.shows()
	if got := status(); got != "unreadable" || !said() {
		t.Errorf("after five tries the reply shows as %s; said to be unreadable: %v", got, said())
	}
}

func (w *world) retryRequests() (n int) {
	for _, r := range w.events() {
		if _, ok := r.Event.(domain.ReplyRetryRequested); ok {
			n++
		}
	}
	return n
}

// thread is the chat with a phone as the dashboard shows it.
func (w *world) thread(id domain.WorkspaceID, phone *sandbox.Phone) []projections.ThreadMessage {
	w.t.Helper()
	thread, err := projections.ThreadOf(w.ctx, w.app.core.worker, id, w.customerOf(phone, id), projections.ThreadPage{Limit: 50})
	if err != nil || len(thread) == 0 {
		w.t.Fatalf("the chat has %d lines: %v", len(thread), err)
	}
	return thread
}
