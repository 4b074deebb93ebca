package commands

import (
	"fmt"
	"testing"

	"switchboard.example/domain"
)

func stream(i int) domain.StreamID {
	return domain.StreamID{Kind: domain.ConversationKind, Key: fmt.Sprint(i)}
}

func TestWhatIsAskedForIsKeptAndTheRestForgotten(t *testing.T) {
	var c foldCache
	c.put(stream(0), foldedAt{state: "asked for", version: 7})
	c.put(stream(1), foldedAt{state: "not asked for", version: 7})
	for i := range 10 * maxFolds {
		c.put(stream(2+i), foldedAt{version: 1})
		if f := c.get(stream(0)); f.version != 7 {
			t.Fatalf("forgotten after %d others", i)
		}
	}
	if f := c.get(stream(1)); f.version != 0 {
		t.Error("what nobody asked for is still there")
	}
	if n := len(c.young) + len(c.old); n > 2*maxFolds {
		t.Errorf("%d are remembered", n)
	}
}

func TestAnOlderStateReplacesNone(t *testing.T) {
	var c foldCache
	c.put(stream(0), foldedAt{version: 7})
	for i := range maxFolds { // the old generation counts too
		c.put(stream(1+i), foldedAt{version: 1})
	}
	c.put(stream(0), foldedAt{version: 6})
	if f := c.get(stream(0)); f.version != 7 {
		t.Errorf("it is at version %d", f.version)
	}
}
