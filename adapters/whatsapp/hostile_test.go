package whatsapp_test

import (
	"fmt"
	"testing"

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
