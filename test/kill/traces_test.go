package kill_test

import (
	"context"
	"slices"
	"testing"

	"switchboard.example/adapters/tracing/tracingtest"
	"switchboard.example/test/rig"
)

// The program is killed after it decided what to answer and before it does. The next one goes on with the same trace, and links what
// it does to what the one before did, though nothing of a trace is stored.
func TestATraceGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	site := newSite(t, // pauses and all, so that there is time to kill it before it answers
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=always_on", "OTEL_BSP_SCHEDULE_DELAY=20")
	run(t, func(ctx context.Context) (*rig.Process, error) { return site.StartPhones(ctx) })
	server := run(t, site.StartServer)
	newShop(t, site)
	customers := gather(t, site.Phones(), 1)
	must(t, customers.write(patient(t), 0, 1))
	var before map[string][]tracingtest.Span
	must(t, rig.Eventually(patient(t), "wait until the decision is told", func(context.Context) error { // a step not yet told dies with it
		before = theTrace(collector)
		if len(before["wa.receive"]) == 0 || len(before["log.append"]) == 0 || len(before["bot.decide"]) == 0 {
			return rig.ErrNotYet
		}
		return nil
	}))
	server.crash()
	if len(before["wa.send"]) > 0 {
		t.Fatal("it was answered too soon: the test proves nothing")
	}

	must(t, customers.answered(patient(t)))
	in := before["wa.receive"][0].Trace
	must(t, rig.Eventually(patient(t), "wait until the answer is in the same trace", func(context.Context) error {
		if after := collector.Trace(in); len(after["wa.server_ack"]) == 0 || len(after["wa.send"]) == 0 {
			return rig.ErrNotYet
		}
		return nil
	}))
	after := collector.Trace(in)
	want := []tracingtest.Link{{Trace: in, ID: before["log.append"][0].ID}}
	if got := after["bot.decide"][0].Links; !slices.Equal(got, want) {
		t.Errorf("the decision is linked to %v, not to %v", got, want)
	}
	want = []tracingtest.Link{{Trace: in, ID: after["bot.decide"][0].ID}}
	if got := after["wa.send"][0].Links; !slices.Equal(got, want) {
		t.Errorf("the answer is linked to %v, not to %v", got, want)
	}
	for _, s := range collector.Spans() {
		if s.Trace != in {
			t.Errorf("%s is in another trace, %s", s.Name, s.Trace)
		}
	}
}

// theTrace is the one in which a message came in, if it did.
func theTrace(c *tracingtest.Receiver) map[string][]tracingtest.Span {
	for _, s := range c.Spans() {
		if s.Name == "wa.receive" {
			return c.Trace(s.Trace)
		}
	}
	return nil
}
