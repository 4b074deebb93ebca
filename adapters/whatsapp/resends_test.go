package whatsapp

import (
	"fmt"
	"testing"
)

func TestAReplyIsEncryptedAgainFiveTimesAtMost(t *testing.T) {
	t.Parallel()
	var r resends
	for n := range 20 {
		if got := r.allow("a"); got != (n < mostResends) {
			t.Errorf("try %d: %v", n+1, got)
		}
	}
	if !r.allow("b") {
		t.Error("another reply is refused")
	}
	for _, c := range []struct {
		said, held int
		risen      bool
	}{{1, 1, true}, {1, 1, false}, {-7, 1, false}, {3, 3, true}, {2, 2, false}, {1 << 40, 5, true}, {6, 5, false}} {
		if held, risen := r.asked("c", c.said); held != c.held || risen != c.risen {
			t.Errorf("a phone that says %d is held to %d, risen %v", c.said, held, risen)
		}
	}
	for n := range 3 * resendsKept {
		r.allow(fmt.Sprint(n))
	}
	if len(r.of) > resendsKept {
		t.Errorf("%d replies are counted", len(r.of))
	}
}
