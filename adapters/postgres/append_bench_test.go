package postgres_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/domain"
)

// BenchmarkAppend measures callers × events per request, each to a stream of its own, beside one prepared INSERT of the
// same row per caller as the yardstick. fsync is off in the test server unless SWITCHBOARD_TEST_DATABASE_URL names another one.
func BenchmarkAppend(b *testing.B) {
	for _, load := range []struct{ callers, events int }{{1, 1}, {8, 1}, {32, 1}, {256, 1}, {256, 10}} {
		b.Run(fmt.Sprintf("%dx%d", load.callers, load.events), func(b *testing.B) {
			w := newWorld(b)
			workspace := newID[domain.WorkspaceID]()
			measure(b, load.callers, load.events, func() error {
				events := make([]domain.NewEvent, load.events)
				for i := range events {
					events[i] = renamed(workspace, "Ada's Kitchen, Yaba")
				}
				_, err := w.store.Append(b.Context(), request(domain.FAQStream(workspace, newID[domain.FAQID]()), 0, events...))
				return err
			})
		})
	}
}

// BenchmarkInsert is the yardstick: plain prepared inserts of a row like an event's, autocommitted.
func BenchmarkInsert(b *testing.B) {
	for _, callers := range []int{1, 32} {
		b.Run(fmt.Sprintf("%dx1", callers), func(b *testing.B) {
			w := newWorld(b)
			w.DB.MustExec(`CREATE TABLE plain (id bigserial PRIMARY KEY, event_id uuid UNIQUE, stream_id uuid, version bigint, data jsonb, UNIQUE (stream_id, version))`)
			w.DB.SetMaxOpenConns(callers)
			w.DB.SetMaxIdleConns(callers)
			insert, err := w.DB.Prepare(`INSERT INTO plain (event_id, stream_id, version, data) VALUES ($1, $2, 1, $3)`)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = insert.Close() }()
			measure(b, callers, 1, func() error {
				_, err := insert.Exec(newID[string](), newID[string](), `{"name": "Ada's Kitchen, Yaba", "workspace_id": "5b1f3c52-7a2e-4c0c-9d0e-5d1a6c1f9b37"}`)
				return err
			})
		})
	}
}

// measure runs do from many callers and reports events per second and the latency of one call.
func measure(b *testing.B, callers, events int, do func() error) {
	b.Helper()
	for range 20 {
		if err := do(); err != nil { // warm: connections, statements, plans
			b.Fatal(err)
		}
	}
	var next atomic.Int64
	took := make([][]time.Duration, callers)
	var all sync.WaitGroup
	b.ResetTimer()
	started := time.Now()
	for i := range callers {
		all.Go(func() {
			for next.Add(1) <= int64(b.N) {
				begin := time.Now()
				if err := do(); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(begin))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(started)
	b.StopTimer()
	sorted := slices.Concat(took...)
	slices.Sort(sorted)
	b.ReportMetric(float64(b.N*events)/elapsed.Seconds(), "events/s")
	b.ReportMetric(float64(sorted[len(sorted)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(sorted[len(sorted)*99/100].Microseconds()), "p99-µs")
}
