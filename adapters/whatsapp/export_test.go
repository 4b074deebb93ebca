package whatsapp

import (
	"context"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"

	"switchboard.example/domain"
)

// Device is a connected workspace's device, as the library sees it.
func (p *Pool) Device(w domain.WorkspaceID) *store.Device {
	return p.session(w).live.Load().client.Store
}

// Arriving is the context of a stanza that WhatsApp sends for the first time, by its own word.
func Arriving(ctx context.Context) context.Context { return arrives(ctx, &waBinary.Node{}) }

// Turns is for an encryption with a connected workspace's device.
func (p *Pool) Turns(ctx context.Context, w domain.WorkspaceID) (_ context.Context, end func()) {
	return p.session(w).ratchet.turns(ctx)
}

// ReadNoContacts is for when the list of a connected workspace's phone is read and empty.
func (p *Pool) ReadNoContacts(ctx context.Context, w domain.WorkspaceID) error {
	_, err := p.session(w).contacts.readNothing(ctx)
	return err
}

// Handle gives a connected workspace's client something to report.
func (p *Pool) Handle(w domain.WorkspaceID, event any) bool {
	return p.session(w).live.Load().handle(event)
}

// AsidesDone waits until all is recorded that waited beside a workspace's connection.
func (p *Pool) AsidesDone(w domain.WorkspaceID) {
	done := make(chan struct{})
	p.session(w).aside("the end of a test", func(context.Context) error { close(done); return nil })
	<-done
}

// Tidy removes what nobody needs any more, as every process does now and then.
func (p *Pool) Tidy(ctx context.Context) error { return p.tidyOnce(ctx) }

// SealLetter and OpenLetter are how dead letters rest.
func SealLetter(keys SealKeys, id string, content []byte) []byte {
	b, err := newBox(keys)
	if err != nil {
		panic(err)
	}
	return b.seal(content, letterSeal(id))
}

func OpenLetter(keys SealKeys, id string, sealed []byte) ([]byte, error) {
	b, err := newBox(keys)
	if err != nil {
		return nil, err
	}
	return b.open(sealed, letterSeal(id))
}

// SealWords is how the words of a message rest while they are on their way into the log.
func SealWords(keys SealKeys, w domain.WorkspaceID, hash string, words []byte) []byte {
	b, err := newBox(keys)
	if err != nil {
		panic(err)
	}
	return b.seal(words, bufferSeal(w, hash))
}
