package whatsapp_test

import (
	"fmt"
	"testing"
	"time"

	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

func TestAFrameOfNothingHarmsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	struck, other := w.linked("2348030000001"), w.linked("2348030000002")
	w.fault(sandbox.Fault{Kind: "zero_frame", Phone: "2348030000001"})
	c := w.customer()
	for _, s := range []*shop{struck, other} {
		w.send(c, text(s, "still there?"))
		await(s, func(e domain.MessageReceived) bool { return e.Text == "still there?" })
		if n := count[domain.ConnectionConnected](s); n != 1 {
			t.Errorf("connected %d times", n)
		}
	}
	if n := w.metric("switchboard_frames_refused_total"); n != 1 {
		t.Errorf("%v frames were withheld", n)
	}
}

// Damaged, nested, crowded and inflating frames, and stanzas that the library's handlers panic over, end neither the process
// nor the link.
func TestHostileFramesHarmNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	for seed := range 4 {
		w.fault(sandbox.Fault{Kind: "hostile", Seed: uint64(seed), Code: 500})
		words := fmt.Sprint("still there after ", seed)
		w.send(c, text(s, words))
		await(s, func(e domain.MessageReceived) bool { return e.Text == words })
	}
	if c := s.connection(); !c.Linked || !c.Desired {
		t.Errorf("the connection is %+v", c)
	}
	t.Log("panics", w.metric("switchboard_handler_panics_total"), "refused", w.metric("switchboard_frames_refused_total"))
	if w.metric("switchboard_frames_refused_total") == 0 {
		t.Error("no frame was withheld")
	}
}

// Answers that arrive just as a send's time runs out: nothing is lost, doubled or unreadable, and the process lives.
func TestAnswersThatArriveAtTheDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.SendTimeout = 40 * time.Millisecond
	w.startPoolWith(cfg)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "hello"))
	got := await[domain.MessageReceived](s, nil)
	s.allSettled()
	for i := range 20 {
		w.fault(sandbox.Fault{Kind: "slow", Milliseconds: 30 + i, Seconds: 0.2})
		s.reply(got, fmt.Sprint("reply ", i))
	}
	for i := range 20 {
		if m := w.reads(c, fmt.Sprint("reply ", i)); m.Copies != 1 {
			t.Logf("reply %d came %d times under one id", i, m.Copies)
		}
	}
	seen := map[string]int{}
	for _, m := range c.Messages() {
		if m.Direction == sandbox.DirectionIn {
			seen[m.Text]++
		}
		if m.Status == sandbox.StatusFailed {
			t.Errorf("%q cannot be read: %s", m.Text, m.Error)
		}
	}
	for text, n := range seen {
		if n > 1 {
			t.Errorf("%q was shown %d times", text, n)
		}
	}
}
