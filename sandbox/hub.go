package sandbox

import "sync"

// Hint says that something about a phone changed; whoever cares reads it again.
type Hint struct {
	Phone string `json:"phone"`
	What  string `json:"what"` // messages, devices, phones, typing or code-asked
}

// hub hands hints to the pages that listen. A slow listener misses hints, never blocks.
type hub struct {
	mu        sync.Mutex
	listeners map[chan Hint]struct{}
}

func newHub() *hub { return &hub{listeners: map[chan Hint]struct{}{}} }

func (h *hub) publish(phone, what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for listener := range h.listeners {
		select {
		case listener <- Hint{Phone: phone, What: what}:
		default:
		}
	}
}

func (h *hub) listen() (hints <-chan Hint, stop func()) {
	listener := make(chan Hint, 256)
	h.mu.Lock()
	h.listeners[listener] = struct{}{}
	h.mu.Unlock()
	return listener, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners, listener)
	}
}
