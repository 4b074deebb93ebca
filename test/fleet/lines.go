package main

import (
	"context"
	"sync"
	"time"

	"switchboard.example/test/rig"
)

// loggedIn is when the line that is open now was opened; it has to be after since.
func loggedIn(r rig.Record, since time.Time) (time.Time, bool) {
	if len(r.Connections) == 0 {
		return time.Time{}, false
	}
	last := r.Connections[len(r.Connections)-1]
	return last.OpenedAt, last.ClosedAt == nil && last.OpenedAt.After(since)
}

// lookEvery is between two looks at the lines. Times are not taken from looks but from the record, so it need not be short, and
// looking costs what is measured.
const lookEvery = 250 * time.Millisecond

// back waits until lines have logged in again and returns how long after since each did. One that does not in time counts as
// the whole patience, and as one too many in away.
func (s *site) back(ctx context.Context, lines []*rig.Shop, since time.Time) (took []time.Duration, away int, err error) {
	for end := since.Add(s.plan.Patience); ; {
		// As many have to be there as are waited for, before each is looked at.
		if seen, err := s.phones.Stats(ctx); err == nil && seen.Online >= len(lines) || time.Now().After(end) {
			if took, away = s.logins(ctx, lines, since); away == 0 || time.Now().After(end) {
				return took, away, ctx.Err()
			}
		}
		if err := pause(ctx, lookEvery); err != nil {
			return nil, 0, err
		}
	}
}

// logins reads from the local WhatsApp's record how long after since each line logged in.
func (s *site) logins(ctx context.Context, lines []*rig.Shop, since time.Time) (took []time.Duration, away int) {
	took = make([]time.Duration, len(lines))
	var mu sync.Mutex
	_ = together(len(lines), func(i int) error {
		r, err := s.phones.Judge(ctx, lines[i].Number)
		at, there := loggedIn(r, since)
		if took[i] = at.Sub(since); err != nil || !there {
			took[i] = s.plan.Patience
			mu.Lock()
			defer mu.Unlock()
			away++
		}
		return nil
	})
	return took, away
}

// confirmedAt is when the line's device confirmed a message, by the local WhatsApp's journal.
func confirmedAt(r rig.Record, message string) (time.Time, bool) {
	for _, f := range r.Journal {
		if f.What == "confirmed" && f.Class == "message" && f.ID == message {
			return f.At, true
		}
	}
	return time.Time{}, false
}
