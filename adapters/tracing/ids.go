package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"go.opentelemetry.io/otel/trace"

	"switchboard.example/domain"
)

// traceOf is the trace of the message that an event records.
func traceOf(recorded domain.EventID) trace.TraceID {
	id, err := trace.TraceIDFromHex(recorded.TraceID())
	if err != nil { // an id that is no UUID: tests' own
		sum := sha256.Sum256([]byte(recorded))
		return trace.TraceID(sum[:16])
	}
	return id
}

// The steps that others refer to by name, from another goroutine, process or node.
const (
	received = "wa.receive"
	recorded = "log.append"
	decided  = "bot.decide"
)

// named is the id of a step that succeeded, which happens once. What failed has none: it is tried again, under a new id.
func named(t trace.TraceID, step string) trace.SpanID {
	sum := sha256.Sum256(append(t[:], step...))
	return trace.SpanID(sum[:8])
}

// namedIf is named for a step that succeeded.
func namedIf(err error, t trace.TraceID, step string) trace.SpanID {
	if err != nil {
		return trace.SpanID{}
	}
	return named(t, step)
}

// after is the link to a step that came before, in a goroutine of its own.
func after(t trace.TraceID, step string) trace.Link {
	return trace.Link{SpanContext: spanOf(t, named(t, step))}
}

func spanOf(t trace.TraceID, s trace.SpanID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: t, SpanID: s, TraceFlags: trace.FlagsSampled})
}

func newTrace() (t trace.TraceID) {
	_, _ = rand.Read(t[:]) // it never fails
	return t
}

func newSpan() (s trace.SpanID) {
	_, _ = rand.Read(s[:])
	return s
}

// namedIDs gives a span the ids its step was given.
type namedIDs struct{}

type name struct {
	trace trace.TraceID
	span  trace.SpanID // zero: a new one
}

// NewIDs are those of a step without a parent.
func (namedIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	of, _ := ctx.Value(namedIDs{}).(name)
	return of.trace, namedIDs{}.NewSpanID(ctx, of.trace)
}

// NewSpanID is that of a step with one.
func (namedIDs) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if of, _ := ctx.Value(namedIDs{}).(name); of.span.IsValid() {
		return of.span
	}
	return newSpan()
}
