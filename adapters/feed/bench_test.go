package feed_test

import (
	"context"
	"io"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// counting folds a page in memory and writes one row per stream, as a real read model does.
func counting(name string) projections.Projection {
	return projections.Projection{
		Name: name, Version: 1, Types: []string{"connection.qr_issued"},
		Apply: func(ctx context.Context, page []domain.Recorded, w projections.Writer) error {
			counts := map[domain.StreamID]int64{}
			for _, r := range page {
				counts[r.Stream]++
			}
			var streams []string
			var numbers []int64
			for s, n := range counts {
				streams, numbers = append(streams, s.UUID()), append(numbers, n)
			}
			_, err := w.ExecContext(ctx, `
				INSERT INTO read_counts (reader, stream, events)
				SELECT $1, c.stream, c.events
				FROM unnest($2::uuid[], $3::bigint[]) AS c (stream, events)
				ON CONFLICT (reader, stream) DO UPDATE
				SET events = read_counts.events + excluded.events`, name, pq.Array(streams), pq.Array(numbers))
			return err
		},
	}
}

func (w *world) countingTable() {
	w.tb.Helper()
	_, err := w.admin.Exec(`
		CREATE TABLE read_counts (reader text, stream uuid, events bigint NOT NULL, PRIMARY KEY (reader, stream));
		GRANT SELECT, INSERT, UPDATE ON read_counts TO sb_worker`)
	must(w.tb, err)
}

// percentile sorts the durations; it returns milliseconds.
func percentile(of []time.Duration, p int) float64 {
	slices.Sort(of)
	return float64(of[(len(of)-1)*p/100].Microseconds()) / 1000
}

// BenchmarkAppendToReadModel is append → read model committed at 200 events a second. Its target is a ratio: at most 1.5
// times the append alone in the middle, 3 times at the 99th percentile.
func BenchmarkAppendToReadModel(b *testing.B) {
	for name, reader := range map[string]func(*feed.Feed){
		"projection": func(f *feed.Feed) { f.Project(counting("r")) },
		"three projections": func(f *feed.Feed) {
			f.Project(counting("r"))
			f.Project(counting("r2"))
			f.Project(counting("r3"))
		},
		"message": func(f *feed.Feed) { f.Message("r", telling("r", nil)) },
		"reactor": func(f *feed.Feed) {
			f.React("r", func(context.Context, domain.Recorded) error { return nil }, feed.ReactOptions{})
		},
	} {
		b.Run(name, func(b *testing.B) {
			w := worldOn(b, pgtest.Server(b).Database) // durable: its appends wait for the disk
			w.countingTable()
			f := w.feed(w.config(), reader)
			w.run(f)
			ws := newWorkspace()
			w.wait(f, "r", w.append(ws, 1))
			pace := time.NewTicker(5 * time.Millisecond)
			defer pace.Stop()
			var appends, commits []time.Duration
			for b.Loop() {
				<-pace.C
				began := time.Now()
				position := w.append(ws, 1)
				appends = append(appends, time.Since(began))
				w.wait(f, "r", position)
				commits = append(commits, time.Since(began))
			}
			b.ReportMetric(percentile(appends, 50), "append-p50-ms")
			b.ReportMetric(percentile(appends, 99), "append-p99-ms")
			b.ReportMetric(percentile(commits, 50), "commit-p50-ms")
			b.ReportMetric(percentile(commits, 99), "commit-p99-ms")
		})
	}
}

// BenchmarkCatchUp is a projection reading 50,000 old events in pages of 1,000. Its target is 0.4 of the rate at which
// psql copies the same rows out in order, which is reported where psql is installed.
func BenchmarkCatchUp(b *testing.B) {
	const events = 50_000
	w := worldOn(b, pgtest.Server(b).Database)
	w.countingTable()
	for range events / 500 {
		w.append(newWorkspace(), 500)
	}
	copied, config := w.copyOut(b, events), w.config()
	rates := []float64{}
	for b.Loop() {
		name := uuid.NewString()
		config.Registerer = nil
		f := w.feed(config, func(f *feed.Feed) { f.Project(counting(name)) })
		began := time.Now()
		stop := w.run(f)
		w.wait(f, name, events)
		rates = append(rates, events/time.Since(began).Seconds())
		stop()
	}
	slices.Sort(rates)
	median := rates[len(rates)/2]
	b.ReportMetric(median, "events/s")
	if copied > 0 {
		b.ReportMetric(median/copied, "of-copy-out")
	}
}

// copyOut is how many events a second psql copies out in order, 0 without psql.
func (w *world) copyOut(b *testing.B, events int) float64 {
	b.Helper()
	path, err := exec.LookPath("psql")
	if err != nil {
		return 0
	}
	var best float64
	for range 3 {
		began := time.Now()
		cmd := exec.Command(path, w.dsn, "-qc", "COPY (SELECT * FROM events ORDER BY position) TO STDOUT")
		cmd.Stdout = io.Discard
		must(b, cmd.Run())
		best = max(best, float64(events)/time.Since(began).Seconds())
	}
	return best
}
