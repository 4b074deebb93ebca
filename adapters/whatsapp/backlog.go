package whatsapp

import (
	"context"
	"errors"
	"sync"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// backlog keeps stanzas in their order when they come faster than they are handled, as after a long time away. The library's
// queue holds 2,048; for each further one it starts a goroutine that waits for room, and those pass each other. So whoever
// reads frames moves what is queued over here before the queue is full.
type backlog struct {
	queue <-chan *waBinary.Node // the library's

	mu    sync.Mutex
	took  sync.Cond
	waits bool             // the handler is about to take the next one out of the queue itself
	moved []*waBinary.Node // older than what is in the queue
}

// mostMoved bounds what one connection may pile up. WhatsApp keeps the rest, and what was not handled, for the next one.
const mostMoved = 20_000

var errOverloaded = errors.New("stanzas come faster than they can be handled")

func newBacklog(queue <-chan *waBinary.Node) *backlog {
	b := &backlog{queue: queue}
	b.took.L = &b.mu
	return b
}

// makeRoom is called by the only goroutine that fills the queue, before each frame.
func (b *backlog) makeRoom() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.waits && b.crowded() { // it takes one as soon as it is given time to run, and nothing may be moved past that one
		b.took.Wait()
	}
	for move := b.crowded(); move && len(b.queue) > 0; {
		b.moved = append(b.moved, <-b.queue)
	}
	if len(b.moved) > mostMoved {
		return errOverloaded
	}
	return nil
}

func (b *backlog) crowded() bool { return len(b.queue) >= cap(b.queue)/2 }

// next is the oldest stanza; false when ctx ended.
func (b *backlog) next(ctx context.Context) (*waBinary.Node, bool) {
	if node := b.oldest(); node != nil {
		return node, true
	}
	defer b.waited()
	select {
	case node := <-b.queue:
		return node, true
	case <-ctx.Done():
		return nil, false
	}
}

// oldest takes what there is; nil says that there is nothing, and that the handler waits now.
func (b *backlog) oldest() *waBinary.Node {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.moved) > 0 {
		node := b.moved[0]
		b.moved[0] = nil
		if b.moved = b.moved[1:]; len(b.moved) == 0 {
			b.moved = nil
		}
		return node
	}
	select {
	case node := <-b.queue:
		return node
	default:
		b.waits = true
		return nil
	}
}

func (b *backlog) waited() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits = false
	b.took.Signal()
}
