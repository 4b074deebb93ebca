package tracing

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// delivery counts what is delivered, and says once that nothing can be and once that it can again. Spans that nobody took are gone.
type delivery struct {
	sdktrace.SpanExporter
	spans   *prometheus.CounterVec
	failing atomic.Bool
	log     *slog.Logger
}

func newDelivery(to sdktrace.SpanExporter, c Config) (*delivery, error) {
	d := &delivery{SpanExporter: to, log: c.Log, spans: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchboard_trace_spans_total", Help: "Steps of traced messages, by whether they could be delivered.",
	}, []string{"outcome"})}
	if c.Registry == nil {
		return d, nil
	}
	return d, c.Registry.Register(d.spans)
}

// ExportSpans never fails: nobody above could do anything about it.
func (d *delivery) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := d.SpanExporter.ExportSpans(ctx, spans)
	outcome := "delivered"
	if err != nil {
		outcome = "failed"
	}
	d.spans.WithLabelValues(outcome).Add(float64(len(spans)))
	switch was := d.failing.Swap(err != nil); {
	case err != nil && !was:
		d.log.WarnContext(ctx, "traces cannot be delivered (OTEL_EXPORTER_OTLP_ENDPOINT)", "error", err)
	case err == nil && was:
		d.log.InfoContext(ctx, "traces are delivered again")
	}
	return nil
}
