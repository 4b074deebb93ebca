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
	for n := range 3 * resendsKept {
		r.allow(fmt.Sprint(n))
	}
	if len(r.of) > resendsKept {
		t.Errorf("%d replies are counted", len(r.of))
	}
}
