package projections_test

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/projections"
)

// BenchmarkApply folds the same history in pages of 1,000 events: how many events a second each read model takes.
func BenchmarkApply(b *testing.B) {
	events := randomHistory(1, 20_000).h.events
	for _, p := range projections.All() {
		b.Run(p.Name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				db := pgtest.New(b).DB
				b.StartTimer()
				applyOne(b, db, p, events, func(left int) int { return min(left, 1000) })
			}
			b.ReportMetric(float64(len(events)*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
	b.Run("timeline", func(b *testing.B) {
		db := pgtest.New(b).DB
		for b.Loop() {
			inTx(b, db, func(tx *sqlx.Tx) error { return projections.Timeline(b.Context(), events[:1000], tx) })
		}
		b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
