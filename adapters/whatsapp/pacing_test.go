package whatsapp

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAClockThatWentBackSilencesNoChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := 48 * time.Hour
		wall := func() time.Time { return time.Now().Add(off).Round(0) } // without the monotonic reading that hides a jump
		p := newPace(wall, func() float64 { return 0 })
		p.sent("chat")
		off = 0
		began := time.Now()
		if err := p.wait(t.Context(), "chat", func() {}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != chatGap {
			t.Errorf("the next reply waited for %v", took)
		}
	})
}
