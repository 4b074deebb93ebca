package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"switchboard.example/adapters/whatsapp"
)

const library = "go.mau.fi/whatsmeow"

// watch registers what is measured at each scrape.
func (a *app) watch() error {
	for name, db := range map[string]*sqlx.DB{"vital": a.core.vital, "worker": a.core.worker, "feed": a.core.feed, "api": a.core.api, "admin": a.core.admin, "wa": a.core.wa} {
		if err := a.metrics.Register(collectors.NewDBStatsCollector(db.DB, name)); err != nil {
			return err
		}
	}
	measureDisk(a.metrics, a.config.Data)
	err := a.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "switchboard_sse_clients", Help: "Live streams of dashboards that are open here.",
	}, func() float64 { return float64(a.web.Streams()) }))
	if err != nil {
		return err
	}
	return a.metrics.Register(newWatch(a.core.database, a.health.draining.Load))
}

// watch measures in the database at every scrape. When it does not answer, a figure is absent rather than old.
type watch struct {
	draining func() bool
	build    prometheus.Metric
	age      *prometheus.Desc
	leaving  *prometheus.Desc
	built    time.Time // of the library
	figures  []figure
}

// figure is a number that one statement answers, under a name and perhaps a label.
type figure struct {
	desc  *prometheus.Desc
	db    *sqlx.DB // under the role that may see it
	query string
}

func newWatch(db *database, draining func() bool) *watch {
	number := func(name, help string, by *sqlx.DB, query string, labels ...string) figure {
		return figure{prometheus.NewDesc("switchboard_"+name, help, labels, nil), by, query}
	}
	version, product, built := versions()
	w := &watch{
		draining: draining, built: built,
		leaving: prometheus.NewDesc("switchboard_draining", "1 while this process hands its work over.", nil, nil),
		age:     prometheus.NewDesc("switchboard_library_age_seconds", "Age of the WhatsApp library; old ones are refused without warning.", nil, nil),
		build: prometheus.MustNewConstMetric(prometheus.NewDesc("switchboard_build_info", "What is running; always 1.",
			[]string{"version", "whatsmeow", "wa_version", "go"}, nil), prometheus.GaugeValue, 1, product, version, whatsapp.Version(), runtime.Version()),
		figures: []figure{
			number("oldest_write_transaction_seconds", "Age of the oldest transaction that has written and not ended, but for verify's.", db.login, `
				SELECT '', coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)
				  FROM pg_stat_activity
				 WHERE backend_xid IS NOT NULL AND datname = current_database() AND application_name <> 'switchboard verify'`),
			number("verify_different_rows", "Rows of read models that were not what the log says when verify last looked.", db.admin, `
				SELECT '', sum(different) FROM verifications HAVING count(*) > 0`),
			number("verify_age_seconds", "Time since verify last looked; absent when it never has.", db.admin, `
				SELECT '', extract(epoch FROM clock_timestamp() - min(verified_at)) FROM verifications HAVING count(*) > 0`),
			number("dead_letters", "Messages put aside because they kept failing.", db.wa, `SELECT '', count(*) FROM wa.dead_letters`),
			number("inbound_gap_open", "Messages of the last day that could not be read, and have not come readable for a minute.", db.admin, `
				SELECT '', count(*)
				  FROM read_thread
				 WHERE kind = 'undecryptable' AND at BETWEEN now() - interval '1 day' AND now() - interval '1 minute'`),
			number("outbound_age_seconds", "Age of the oldest reply that is queued and not settled.", db.admin, `
				SELECT '', coalesce(extract(epoch FROM clock_timestamp() - min(queued_at)), 0) FROM read_outbox`),
			number("connections", "Workspaces by the status that people see.", db.admin, `
				SELECT status, count(workspace_id)
				  FROM unnest('{connecting,connected,disconnected,reconnecting}'::text[]) status
				  LEFT JOIN read_connection_status ON whatsapp_connection_status = status
				 GROUP BY 1`, "status"),
			number("set_aside", "Workspaces set aside because they kept ending the program.", db.admin, `
				SELECT '', count(*) FROM read_connection_status WHERE reason = 'crashed'`),
			number("connections_wanted", "Linked workspaces that somebody wants connected.", db.admin, `
				SELECT '', count(*) FROM read_connections WHERE desired AND linked`),
			number("nodes", "Processes with a fresh heartbeat.", db.admin, `SELECT '', count(*) FROM nodes WHERE expires_at > clock_timestamp()`),
		},
	}
	return w
}

// versions are the library's and ours. A module's pseudo-version holds the time of its commit.
func versions() (lib, product string, built time.Time) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", "unknown", built
	}
	product = info.Main.Version
	for _, m := range info.Deps {
		if m.Path == library {
			lib = m.Version
			built = committedAt(m.Version)
		}
	}
	return lib, product, built
}

// committedAt reads v0.0.0-20060102150405-abcdef; zero when it is a release.
func committedAt(version string) time.Time {
	const stamp = "20060102150405"
	if len(version) < len("v0.0.0-")+len(stamp) {
		return time.Time{}
	}
	at, err := time.Parse(stamp, version[len("v0.0.0-"):][:len(stamp)])
	if err != nil {
		return time.Time{}
	}
	return at
}

// Describe implements prometheus.Collector.
func (w *watch) Describe(out chan<- *prometheus.Desc) {
	out <- w.build.Desc()
	out <- w.age
	out <- w.leaving
	for _, f := range w.figures {
		out <- f.desc
	}
}

const watchWithin = 2 * time.Second

// Collect implements prometheus.Collector.
func (w *watch) Collect(out chan<- prometheus.Metric) {
	out <- w.build
	leaving := 0.0
	if w.draining() {
		leaving = 1
	}
	out <- prometheus.MustNewConstMetric(w.leaving, prometheus.GaugeValue, leaving)
	if !w.built.IsZero() {
		out <- prometheus.MustNewConstMetric(w.age, prometheus.GaugeValue, time.Since(w.built).Seconds())
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchWithin)
	defer cancel()
	for _, f := range w.figures {
		if err := w.collect(ctx, f, out); err != nil {
			continue // an absent figure is news too
		}
	}
}

func (w *watch) collect(ctx context.Context, f figure, out chan<- prometheus.Metric) error {
	rows, err := f.db.QueryContext(ctx, f.query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var label string
		var value float64
		if err := rows.Scan(&label, &value); err != nil {
			return err
		}
		var labels []string
		if label != "" {
			labels = []string{label}
		}
		out <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, value, labels...)
	}
	return rows.Err()
}
