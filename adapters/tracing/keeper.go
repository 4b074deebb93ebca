package tracing

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// keeper lets through the traces that are kept: a part of all, chosen by their ids, so that every node and every process chooses
// the same; and those in which something failed, with what came before it here, as far as that is remembered.
type keeper struct {
	next      sdktrace.SpanProcessor
	threshold uint64

	mu     sync.Mutex
	others *simplelru.LRU[trace.TraceID, *other]
}

// other is a trace that is not chosen.
type other struct {
	failed bool
	spans  []sdktrace.ReadOnlySpan // until something fails
}

// What is remembered of traces that are not chosen: about as many as come in within 20 s at 50 messages a second, 2 KiB a span.
const (
	mostOthers = 1000
	mostSpans  = 8
)

// random is how many bits of a trace's id, its last, are random (W3C Trace Context, level 2); those of a UUID are, too.
const random = 56

func newKeeper(next sdktrace.SpanProcessor, ratio float64) *keeper {
	others, err := simplelru.NewLRU[trace.TraceID, *other](mostOthers, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &keeper{next: next, threshold: uint64((1 - ratio) * (1 << random)), others: others}
}

// chosen says whether all of a trace is kept. It goes by the same bits and the same end of them as OpenTelemetry's consistent
// samplers, so that a collector that samples once more at the same ratio drops nothing.
func (k *keeper) chosen(t trace.TraceID) bool {
	return binary.BigEndian.Uint64(t[8:])&(1<<random-1) >= k.threshold
}

// OnEnd hands on what is kept.
func (k *keeper) OnEnd(s sdktrace.ReadOnlySpan) {
	if k.chosen(s.SpanContext().TraceID()) {
		k.next.OnEnd(s)
		return
	}
	for _, kept := range k.remember(s) {
		k.next.OnEnd(kept)
	}
}

// remember returns what is to be handed on now.
func (k *keeper) remember(s sdktrace.ReadOnlySpan) []sdktrace.ReadOnlySpan {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := s.SpanContext().TraceID()
	o, known := k.others.Get(id)
	if !known {
		o = &other{}
		k.others.Add(id, o)
	}
	if !o.failed && s.Status().Code != codes.Error {
		if len(o.spans) < mostSpans {
			o.spans = append(o.spans, s)
		}
		return nil
	}
	kept := append(o.spans, s)
	o.failed, o.spans = true, nil
	return kept
}

// OnStart has nothing to do.
func (k *keeper) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) { k.next.OnStart(ctx, s) }

// Shutdown delivers what was kept.
func (k *keeper) Shutdown(ctx context.Context) error { return k.next.Shutdown(ctx) }

// ForceFlush delivers what was kept.
func (k *keeper) ForceFlush(ctx context.Context) error { return k.next.ForceFlush(ctx) }
