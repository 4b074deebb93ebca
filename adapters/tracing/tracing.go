package tracing

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Config says where traces go and which.
type Config struct {
	// URL takes spans by OTLP over HTTP, path included. What else there is to say, such as headers, timeouts, compression and
	// how spans are batched, the exporter and the SDK read from OpenTelemetry's own environment variables.
	URL string
	// Ratio is the part of all messages that is followed, from 0 to 1. A message with which something fails is followed in any case.
	Ratio float64
	// Version and Node say which program, and which process of it, tells.
	Version, Node string
	// Hide is what may be told of an id that somebody outside chose: a keyed hash.
	Hide     func(w domain.WorkspaceID, id string) []byte
	Registry prometheus.Registerer // Defaults to none
	Log      *slog.Logger
	Now      func() time.Time
}

// Tracing follows messages until Shutdown. nil follows none.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	kept     *keeper
	hide     func(w domain.WorkspaceID, id string) []byte
	now      func() time.Time
}

// New begins to follow messages. It does not wait for whoever takes the spans.
func New(ctx context.Context, c Config) (*Tracing, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(c.URL))
	if err != nil {
		return nil, err
	}
	delivered, err := newDelivery(exporter, c)
	if err != nil {
		return nil, err
	}
	from, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "switchboard"),
		attribute.String("service.version", c.Version),
		attribute.String("service.instance.id", c.Node),
	), resource.WithFromEnv()) // what the environment says wins
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, err
	}
	t := &Tracing{kept: newKeeper(sdktrace.NewBatchSpanProcessor(delivered), c.Ratio), hide: c.Hide, now: c.Now}
	t.provider = sdktrace.NewTracerProvider(
		sdktrace.WithResource(from), sdktrace.WithIDGenerator(namedIDs{}), sdktrace.WithSpanProcessor(t.kept),
		sdktrace.WithSampler(sdktrace.AlwaysSample()), // keeper chooses, when it is known how a message fared
	)
	t.tracer = t.provider.Tracer("switchboard")
	return t, nil
}

// Shutdown delivers what is left, as long as ctx allows.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// message is a customer's message on its way.
type message struct {
	workspace domain.WorkspaceID
	customer  domain.CustomerID // empty while it is not known who wrote
	id        domain.MessageID
	epoch     int64 // of who has it in hand; 0 where that is no session's owner
}

// trace is the message's. One whose customer is not known cannot have its own yet.
func (m message) trace() trace.TraceID {
	if m.customer == "" {
		return newTrace()
	}
	return traceOf(commands.MessageEventID(m.customer, m.id))
}

// step is something that was done with a message.
type step struct {
	name         string
	of           message
	trace        trace.TraceID
	id, parent   trace.SpanID // zero: a new one, and none
	links        []trace.Link
	kind         trace.SpanKind
	began, ended time.Time
	err          error
	more         []attribute.KeyValue
}

// told makes a span of a step.
func (t *Tracing) told(s step) {
	ctx := context.WithValue(context.Background(), namedIDs{}, name{s.trace, s.id})
	if s.parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, spanOf(s.trace, s.parent))
	}
	_, span := t.tracer.Start(ctx, s.name,
		trace.WithTimestamp(s.began), trace.WithSpanKind(s.kind), trace.WithLinks(s.links...),
		trace.WithAttributes(
			attribute.String("messaging.system", "whatsapp"),
			attribute.String("messaging.message.id", hex.EncodeToString(t.hide(s.of.workspace, "message\x00"+string(s.of.id)))),
			attribute.String("switchboard.workspace.id", string(s.of.workspace)),
		),
		trace.WithAttributes(s.more...))
	if s.of.epoch > 0 {
		span.SetAttributes(attribute.Int64("switchboard.epoch", s.of.epoch))
	}
	if s.err != nil {
		why := classOf(s.err)
		span.SetAttributes(attribute.String("error.type", why))
		span.SetStatus(codes.Error, why)
	}
	span.End(trace.WithTimestamp(s.ended))
}

var errPanicked = errors.New("panic")

// classOf names a failure without its words, which may be a customer's.
func classOf(err error) string {
	switch {
	case errors.Is(err, errPanicked):
		return "panic"
	case errors.Is(err, commands.ErrFenced):
		return "fenced"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return domain.ErrorClass(err)
}
