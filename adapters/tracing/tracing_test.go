package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/tracing"
	"switchboard.example/adapters/tracing/tracingtest"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

const (
	shop = domain.WorkspaceID("b0000000-0000-4000-8000-000000000001")
	ada  = domain.CustomerID("c0000000-0000-4000-8000-000000000001")
)

func start(t *testing.T, c tracing.Config) *tracing.Tracing {
	t.Helper()
	c.URL = strings.TrimSuffix(c.URL, "/") + "/v1/traces"
	c.Hide = func(_ domain.WorkspaceID, id string) []byte { return []byte(fmt.Sprint(len(id))) }
	c.Now = time.Now
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	f, err := tracing.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func arrival(n int) whatsapp.Arrival {
	return whatsapp.Arrival{WorkspaceID: shop, Epoch: 1, CustomerID: ada, MessageID: domain.MessageID(fmt.Sprint("3A", n)), Began: time.Now(), Ended: time.Now()}
}

func TestAPartOfAllMessagesIsFollowedAndTheSameEverywhere(t *testing.T) {
	t.Parallel()
	here, there := tracingtest.New(t), tracingtest.New(t)
	const messages = 20_000
	for _, to := range []*tracingtest.Receiver{here, there} {
		f := start(t, tracing.Config{URL: to.URL, Ratio: 0.01})
		for n := range messages {
			f.Received(arrival(n))
		}
		if err := f.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(here.Spans()); n < messages/100*7/10 || n > messages/100*13/10 {
		t.Errorf("%d of %d were followed, not one in a hundred", n, messages)
	}
	for _, s := range here.Spans() {
		if len(there.Trace(s.Trace)) != 1 {
			t.Fatalf("another node does not follow %s", s.Trace)
		}
	}
}

func TestWhatFailedIsFollowedWithWhatCameBeforeAndAfter(t *testing.T) {
	t.Parallel()
	to := tracingtest.New(t)
	f := start(t, tracing.Config{URL: to.URL})
	in := commands.MessageEventID(ada, "3A1").TraceID()
	f.Received(arrival(1))
	f.Received(arrival(2))
	f.Tried(whatsapp.Try{WorkspaceID: shop, CustomerID: ada, MessageID: "3A1", Number: 1, Outcome: "unknown", Code: "503", Err: errors.New("from ada@example.com")})
	f.Tried(whatsapp.Try{WorkspaceID: shop, CustomerID: ada, MessageID: "3A1", Number: 2, Outcome: "sent", Code: "ok", Waited: time.Millisecond})
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	told := to.Trace(in)
	if len(told["wa.receive"]) != 1 || len(told["wa.send"]) != 2 || len(told["wa.server_ack"]) != 1 || len(to.Spans()) != 4 {
		t.Fatalf("told: %+v", to.Spans())
	}
	if to.Holds("example.com") {
		t.Error("an error's words were told")
	}
}

func TestADecisionThatPanicsIsTold(t *testing.T) {
	t.Parallel()
	to := tracingtest.New(t)
	f := start(t, tracing.Config{URL: to.URL})
	func() {
		defer func() { _ = recover() }()
		_, _ = f.Answerer(asking{}).AnswerTurn(t.Context(), commands.AnswerTurn{
			WorkspaceID: shop, CustomerID: ada,
			Choose: func(commands.Turn, []domain.TurnMessage) (commands.Outcome, bool, error) { panic("no such faq") },
		})
	}()
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	told := to.Trace(commands.MessageEventID(ada, "3A1").TraceID())["bot.decide"]
	if len(told) != 1 || told[0].Said != "panic" {
		t.Errorf("told: %+v", to.Spans())
	}
}

// asking lets a turn of one message be decided.
type asking struct{}

func (asking) AnswerTurn(_ context.Context, cmd commands.AnswerTurn) (commands.Answered, error) {
	_, _, err := cmd.Choose(commands.Turn{}, []domain.TurnMessage{{ID: "3A1"}})
	return commands.Answered{}, err
}

func TestNobodyWaitsForWhoTakesTraces(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
	defer hanging.Close()
	defer close(released)
	f := start(t, tracing.Config{URL: hanging.URL, Ratio: 1})
	began := time.Now()
	for n := range 20_000 { // far more than are kept for later
		f.Received(arrival(n))
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := f.Shutdown(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("what could not be delivered: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestTracesThatCannotBeDeliveredAreCountedAndToldOnce(t *testing.T) {
	t.Parallel()
	registry, lines := prometheus.NewRegistry(), &bytes.Buffer{}
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	f := start(t, tracing.Config{URL: refusing.URL, Ratio: 1, Registry: registry, Log: slog.New(slog.NewTextHandler(lines, nil))})
	for n := range 1100 { // three batches at the least
		f.Received(arrival(n))
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	counted, err := registry.Gather()
	if err != nil || len(counted) != 1 || counted[0].GetMetric()[0].GetLabel()[0].GetValue() != "failed" || counted[0].GetMetric()[0].GetCounter().GetValue() != 1100 {
		t.Errorf("counted %v, %v", counted, err)
	}
	if n := strings.Count(lines.String(), "cannot be delivered"); n != 1 {
		t.Errorf("told %d times:\n%s", n, lines)
	}
}

func TestFollowingNothingCostsNothing(t *testing.T) {
	var off *tracing.Tracing
	var log commands.EventStore = nowhere{}
	var decides tracing.Answerer = asking{}
	if off.Store(log) != log || off.Answerer(decides) != decides || off.Follower() != nil {
		t.Error("something stands between")
	}
	applied := 0
	apply := off.Apply("faqs", func(context.Context, []domain.Recorded, projections.Writer) error { applied++; return nil })
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _ = apply(ctx, nil, nil) }); n != 0 || applied == 0 {
		t.Errorf("%v allocations", n)
	}
	if err := off.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// nowhere is a log that is only told apart.
type nowhere struct{ commands.EventStore }
