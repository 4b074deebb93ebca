package sandbox_test

import (
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// malformedMessage is a message to the customer that nobody can decrypt.
func malformedMessage(id string) waBinary.Node {
	to := types.NewJID(ada, types.DefaultUserServer)
	return waBinary.Node{
		Tag: "message", Attrs: waBinary.Attrs{"to": to, "id": id, "type": "text"},
		Content: []waBinary.Node{{Tag: "participants", Content: []waBinary.Node{{
			Tag: "to", Attrs: waBinary.Attrs{"jid": to},
			Content: []waBinary.Node{{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "mystery"}, Content: []byte("?")}},
		}}}},
	}
}

func newSmallJournal(t *testing.T) *sandbox.Server {
	t.Helper()
	return sandboxtest.NewWith(t, sandbox.Config{JournalLimit: 20})
}

// holdConfirmations keeps the client from confirming messages until the channel is closed.
func (s scene) holdConfirmations(t *testing.T) chan struct{} {
	t.Helper()
	hold := make(chan struct{})
	s.client.AddEventHandler(func(event any) {
		if _, ok := event.(*events.Message); ok {
			select {
			case <-hold:
			case <-t.Context().Done():
			}
		}
	})
	return hold
}
