package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// entry is one thing that this program did or saw.
type entry struct {
	At   time.Duration `json:"at"` // after the start
	What string        `json:"what"`
	Data any           `json:"data,omitempty"`
}

// history is what happened, in order.
type history struct {
	begin time.Time
	mu    sync.Mutex
	all   []entry
}

func newHistory() *history { return &history{begin: time.Now()} }

// start makes now the start that times count from.
func (h *history) start() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin = time.Now()
	return h.begin
}

// since is how long ago the start was.
func (h *history) since() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.begin)
}

func (h *history) add(what string, data any) {
	if err, ok := data.(error); ok {
		data = err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, entry{time.Since(h.begin), what, data})
}

// count says how often something happened.
func (h *history) count(what string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, e := range h.all {
		if e.What == what {
			n++
		}
	}
	return n
}

// write keeps the history in a folder as lines of JSON.
func (h *history) write(folder string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return writeLines(filepath.Join(folder, "history.jsonl"), h.all)
}

func writeLines[T any](path string, all []T) error {
	file, err := os.Create(path) //nolint:gosec // the folder that was asked for
	if err != nil {
		return fmt.Errorf("keep the evidence: %w", err)
	}
	encoder := json.NewEncoder(file)
	for _, one := range all {
		if err := encoder.Encode(one); err != nil {
			_ = file.Close()
			return fmt.Errorf("keep the evidence: %w", err)
		}
	}
	return file.Close()
}
