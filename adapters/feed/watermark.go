package feed

import "sync"

// watermark tells how far a reactor is done while several events are under way at once: everything up to the lowest
// unfinished event, less one.
type watermark struct {
	mu       sync.Mutex
	seen     int64          // read up to here
	open     []int64        // under way, in order
	finished map[int64]bool // of those in open
	since    int            // events finished since the last take
}

func newWatermark(position int64) *watermark {
	return &watermark{seen: position, finished: map[int64]bool{}}
}

// begin notes an event that is under way.
func (m *watermark) begin(position int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = append(m.open, position)
	m.seen = max(m.seen, position)
}

// pass notes that everything up to a position was read.
func (m *watermark) pass(position int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = max(m.seen, position)
}

// finish notes that an event needs nothing more.
func (m *watermark) finish(position int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished[position] = true
	m.since++
	n := 0
	for n < len(m.open) && m.finished[m.open[n]] {
		delete(m.finished, m.open[n])
		n++
	}
	m.open = m.open[n:]
}

// low is the position up to which nothing has to be done again.
func (m *watermark) low() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.open) == 0 {
		return m.seen
	}
	return m.open[0] - 1
}

// due reports whether so many events were finished since it last said yes.
func (m *watermark) due(events int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since < events {
		return false
	}
	m.since = 0
	return true
}
