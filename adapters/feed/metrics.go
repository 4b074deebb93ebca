package feed

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds what a scrape asks of the database.
const scrapeTimeout = 2 * time.Second

// metrics measures lag at every scrape, from the log itself: a reader that stands still cannot look healthy. When the
// database does not answer, the lag is absent rather than old.
type metrics struct {
	feed      *Feed
	lagEvents *prometheus.Desc
	lagTime   *prometheus.Desc
	blocked   *prometheus.Desc
	applied   *prometheus.HistogramVec
	troubled  *prometheus.CounterVec
	condemned *prometheus.CounterVec
}

func newMetrics(f *Feed) *metrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("switchboard_projection_"+name, help, []string{"projection"}, nil)
	}
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(
			prometheus.CounterOpts{Name: "switchboard_projection_" + name, Help: help}, []string{"projection"})
	}
	return &metrics{
		feed:      f,
		lagEvents: desc("lag_events", "Events in the log that the reader has not done yet."),
		lagTime:   desc("lag_seconds", "Age of the oldest event that the reader has not done yet."),
		blocked:   desc("blocked_streams", "Streams that wait for somebody to mend what failed."),
		troubled:  counter("interruptions_total", "Pages tried again because the database failed, not an event."),
		condemned: counter("dead_letters_total", "Events that failed for good and became dead letters."),
		applied: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "switchboard_projection_apply_seconds",
			Help:    "Time to apply a page of events, from begin to commit.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"projection"}),
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	return errors.Join(r.Register(m), r.Register(m.applied), r.Register(m.troubled), r.Register(m.condemned))
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.lagEvents
	out <- m.lagTime
	out <- m.blocked
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	lags, err := m.feed.Lag(ctx)
	if err == nil {
		m.collectLags(lags, out)
		err = m.collectBlocked(ctx, out)
	}
	if err != nil {
		m.feed.config.Logger.WarnContext(ctx, "could not measure the lag", "error", err)
	}
}

func (m *metrics) collectLags(lags map[string]Lag, out chan<- prometheus.Metric) {
	now := m.feed.config.Now()
	for name, lag := range lags {
		out <- prometheus.MustNewConstMetric(m.lagEvents, prometheus.GaugeValue, float64(lag.Events()), name)
		out <- prometheus.MustNewConstMetric(m.lagTime, prometheus.GaugeValue, lag.Age(now).Seconds(), name)
	}
}

func (m *metrics) collectBlocked(ctx context.Context, out chan<- prometheus.Metric) error {
	for _, r := range m.feed.order {
		streams, err := blockedStreams(ctx, m.feed.config.DB, r.identity)
		if err != nil {
			return err
		}
		out <- prometheus.MustNewConstMetric(m.blocked, prometheus.GaugeValue, float64(len(streams)), r.name)
	}
	return nil
}
