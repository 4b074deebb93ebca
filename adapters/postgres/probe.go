package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// appendHealth remembers how appends went.
type appendHealth struct {
	took       prometheus.Histogram
	conflicts  prometheus.Counter
	duplicates prometheus.Counter

	mu       sync.Mutex
	failure  error
	failedAt time.Time
	workedAt time.Time // when the newest append that worked began
}

func newAppendHealth(r prometheus.Registerer) (*appendHealth, error) {
	h := &appendHealth{took: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "switchboard_append_duration_seconds", Help: "Time to commit a batch of appends.",
		Buckets: prometheus.ExponentialBuckets(.0005, 2, 15),
	}), conflicts: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "switchboard_append_conflicts_total", Help: "Appends that were refused because their stream had moved on.",
	}), duplicates: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "switchboard_append_duplicates_total", Help: "Appends of what was in the log already, such as messages that WhatsApp delivered again.",
	})}
	if r == nil {
		return h, nil
	}
	if err := r.Register(h.took); err != nil {
		return nil, err
	}
	return h, errors.Join(r.Register(h.conflicts), r.Register(h.duplicates))
}

// note keeps a failure of the server until an append works again.
func (h *appendHealth) note(began, ended time.Time, err error) {
	h.took.Observe(ended.Sub(began).Seconds())
	if badData(err) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failure, h.failedAt = err, ended
	if err == nil {
		h.workedAt = began
	}
}

// failureCounts is for how long a failed append stands for those that nobody tried since.
const failureCounts = 5 * time.Second

func (h *appendHealth) lately(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failure != nil && now.Sub(h.failedAt) < failureCounts {
		return h.failure
	}
	return nil
}

// workCounts is for how long an append that worked shows that the next one would.
const workCounts = 500 * time.Millisecond

func (h *appendHealth) works(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failure == nil && now.Sub(h.workedAt) < workCounts
}

var probeStatement = `SELECT count(*) FROM append_events(` + strings.Repeat(`'{}', `, 21) + `'{}')`

// Probe says why an append would fail now: it takes the log's lock and appends nothing, and it remembers an append that
// failed a moment ago, because a full disk shows only when something is written. Nor does it ask while appends work: the lock
// is theirs.
func (s *EventStore) Probe(ctx context.Context) error {
	if s.health.works(s.appender.now()) {
		return nil
	}
	var none int
	if err := s.appends.GetContext(ctx, &none, probeStatement); err != nil {
		return fmt.Errorf("take the log's lock: %w", err)
	}
	return s.health.lately(s.appender.now())
}
