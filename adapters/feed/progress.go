package feed

import "sync"

// progress is a position others can wait for.
type progress struct {
	mu       sync.Mutex
	position int64
	moved    chan struct{}
}

func newProgress() *progress { return &progress{moved: make(chan struct{})} }

// reach moves the position and wakes those who wait. A checkpoint that was set back takes the position back too.
func (p *progress) reach(position int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if position == p.position {
		return
	}
	p.position = position
	close(p.moved)
	p.moved = make(chan struct{})
}

// bump says that something happened, where the position itself is only a count.
func (p *progress) bump() {
	at, _ := p.at()
	p.reach(at + 1)
}

func (p *progress) at() (int64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position, p.moved
}
