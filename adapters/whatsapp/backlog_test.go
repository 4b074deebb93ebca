package whatsapp

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// Whoever fills the queue never finds it full, and whoever empties it finds everything in order, however slow it is.
func TestABacklogKeepsItsOrderAndTheQueueHasRoom(t *testing.T) {
	t.Parallel()
	const stanzas = 10_000
	queue := make(chan *waBinary.Node, 8)
	b := newBacklog(queue)
	started := make(chan struct{})
	var filling sync.WaitGroup
	filling.Go(func() {
		for i := range stanzas {
			if err := b.makeRoom(); err != nil {
				t.Error(err)
			}
			select {
			case queue <- &waBinary.Node{Tag: strconv.Itoa(i)}:
			default:
				t.Errorf("number %d found the queue full", i)
				queue <- &waBinary.Node{Tag: strconv.Itoa(i)}
			}
			if i == 5000 { // all of them came while the first one was being handled
				close(started)
			}
		}
	})
	for i := range stanzas {
		node, ok := b.next(t.Context())
		if !ok || node.Tag != strconv.Itoa(i) {
			t.Fatalf("number %d is %v", i, node)
		}
		if i == 0 {
			<-started
		}
	}
	filling.Wait()
}

func TestABacklogIsBounded(t *testing.T) {
	t.Parallel()
	queue := make(chan *waBinary.Node, 8)
	b := newBacklog(queue)
	for n := 0; ; n++ {
		err := b.makeRoom()
		if errors.Is(err, errOverloaded) && n >= mostMoved {
			return
		}
		if err != nil || n > mostMoved+cap(queue) {
			t.Fatalf("after %d: %v", n, err)
		}
		queue <- &waBinary.Node{}
	}
}
