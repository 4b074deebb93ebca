package whatsapp

import "time"

// The lanes of those who wait to connect.
const (
	usual = iota
	slow
)

// ticket is a session waiting to connect.
type ticket struct {
	busy    time.Time // when a message last came or went
	order   int64
	lane    int
	failed  int // how often the session failed in a row
	index   int // in its queue
	granted bool
	ready   chan struct{} // closed then
}

// queue is a heap of tickets: the busiest first, then the oldest.
type queue []*ticket

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if !q[i].busy.Equal(q[j].busy) {
		return q[i].busy.After(q[j].busy)
	}
	return q[i].order < q[j].order
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push adds a ticket.
func (q *queue) Push(x any) {
	t := x.(*ticket) //nolint:forcetypeassert // only tickets are queued
	t.index = len(*q)
	*q = append(*q, t)
}

// Pop removes the last one.
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return t
}
