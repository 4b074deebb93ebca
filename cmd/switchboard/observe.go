package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/pprof"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchboard.example/domain"
)

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return r
}

// measureDisk measures the disk that the program's own database and its crash files are on.
func measureDisk(r prometheus.Registerer, folder string) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "switchboard_disk_free_ratio", Help: "Part of the disk under SWITCHBOARD_DATA that is free, from 0 to 1; NaN when it cannot be asked.",
	}, func() float64 {
		var disk syscall.Statfs_t
		if err := syscall.Statfs(folder, &disk); err != nil || disk.Blocks == 0 {
			return math.NaN()
		}
		return float64(disk.Bavail) / float64(disk.Blocks)
	}))
}

// countDecisions counts what the bot decides.
func countDecisions(r prometheus.Registerer) func(domain.Decision) {
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchboard_bot_decisions_total", Help: "Turns decided by the bot, by decision.",
	}, []string{"decision"})
	r.MustRegister(decisions)
	return func(d domain.Decision) { decisions.WithLabelValues(string(d)).Inc() }
}

// countRefusals counts requests of nobody we know, and those that come too often.
func countRefusals(r prometheus.Registerer) func(code string) {
	refusals := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchboard_auth_failures_total", Help: "Requests refused because nobody is signed in, or somebody tries too often.",
	}, []string{"reason"})
	r.MustRegister(refusals)
	return func(code string) { refusals.WithLabelValues(code).Inc() }
}

// countAnswers counts what the API answers: ok, refused (who asked has to do something about it) or failed (we have).
func countAnswers(r prometheus.Registerer) func(status int) {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchboard_http_requests_total", Help: "Requests to the API, by how they were answered.",
	}, []string{"outcome"})
	r.MustRegister(answers)
	for _, outcome := range []string{"ok", "refused", "failed"} { // an alert asks how many more have failed, from the first on
		answers.WithLabelValues(outcome)
	}
	return func(status int) {
		outcome := "ok"
		switch {
		case status >= http.StatusInternalServerError:
			outcome = "failed"
		case status >= http.StatusBadRequest:
			outcome = "refused"
		}
		answers.WithLabelValues(outcome).Inc()
	}
}

// logTransition writes one line per change of a connection, for whoever runs the program.
func logTransition(log *slog.Logger) func(context.Context, domain.Recorded) error {
	return func(ctx context.Context, r domain.Recorded) error {
		if _, ok := r.Event.(domain.ConnectionEvent); ok {
			log.InfoContext(ctx, "connection changed", "workspace_id", r.Workspace(), "event", r.Type, "position", r.Position)
		}
		return nil
	}
}

// serveMetrics answers /metrics and /debug/pprof on a listener of its own. A taken address costs the metrics, not the product.
func (a *app) serveMetrics(ctx context.Context) error {
	if a.config.MetricsAddr == "off" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.MetricsAddr)
	if err != nil {
		a.log.WarnContext(ctx, "no metrics: the address is taken (SWITCHBOARD_METRICS_ADDR)", "error", err)
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
