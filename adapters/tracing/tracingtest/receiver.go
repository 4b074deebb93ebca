// Package tracingtest takes traces for tests, as OpenTelemetry's collector would.
package tracingtest

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a step as it was told.
type Span struct {
	Trace, ID, Parent string // in hex; Parent is empty for none
	Links             []Link
	Name, Kind        string // Kind such as CONSUMER
	Began, Ended      time.Time
	Failed            bool
	Said              string // the status's words
	Attributes        map[string]string
	Node              string // which process told it
}

// Link is to a step before.
type Link struct{ Trace, ID string }

// Receiver is what OTEL_EXPORTER_OTLP_ENDPOINT names.
type Receiver struct {
	URL string

	mu    sync.Mutex
	spans []Span
	raw   strings.Builder
}

// New listens until the test ends.
func New(t *testing.T) *Receiver {
	t.Helper()
	r := &Receiver{}
	server := httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// take is the service's one call; see opentelemetry-proto, docs/specification.md, "OTLP/HTTP".
func (r *Receiver) take(w http.ResponseWriter, q *http.Request) {
	body := io.Reader(q.Body)
	if q.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(q.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	content, err := io.ReadAll(body)
	var told collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(content, &told)
	}
	if err != nil || q.Method != http.MethodPost || q.URL.Path != "/v1/traces" || q.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "not a request to export traces", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw.Write(content)
	for _, resource := range told.GetResourceSpans() {
		node := words(resource.GetResource().GetAttributes())["service.instance.id"]
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				r.spans = append(r.spans, spanOf(s, node))
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func spanOf(s *tracepb.Span, node string) Span {
	told := Span{
		Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
		Name: s.GetName(), Kind: strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_"),
		Began: at(s.GetStartTimeUnixNano()), Ended: at(s.GetEndTimeUnixNano()),
		Failed: s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR, Said: s.GetStatus().GetMessage(),
		Attributes: words(s.GetAttributes()), Node: node,
	}
	for _, l := range s.GetLinks() {
		told.Links = append(told.Links, Link{hex.EncodeToString(l.GetTraceId()), hex.EncodeToString(l.GetSpanId())})
	}
	return told
}

func at(nanos uint64) time.Time { return time.Unix(0, int64(nanos)) } //nolint:gosec // of our time

func words(attributes []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.GetKey()] = strconv.FormatInt(v.IntValue, 10)
		}
	}
	return all
}

// Spans are all that were told, in the order of their beginnings.
func (r *Receiver) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.spans)
	slices.SortStableFunc(all, func(a, b Span) int { return a.Began.Compare(b.Began) })
	return all
}

// Trace are the spans of one trace, by name, in the order of their beginnings.
func (r *Receiver) Trace(id string) map[string][]Span {
	of := map[string][]Span{}
	for _, s := range r.Spans() {
		if s.Trace == id {
			of[s.Name] = append(of[s.Name], s)
		}
	}
	return of
}

// Holds says whether words were told, anywhere in what came over the wire.
func (r *Receiver) Holds(words string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(r.raw.String(), words)
}
