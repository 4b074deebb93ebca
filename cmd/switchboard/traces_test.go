package main

import (
	"slices"
	"strings"
	"testing"

	"switchboard.example/adapters/tracing/tracingtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
	"switchboard.example/sandbox"
)

func TestAMessageIsTracedFromItsArrivalToTheServersAnswer(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	w := newWorldWith(t, "DATABASE_URL", databaseOf(t), "OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL, "OTEL_TRACES_SAMPLER_ARG", "1")
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	customer := w.phone(customerNumber)
	w.asks(customer, shopNumber, "How much is delivery?", 1)
	message := w.messageOf(customer)
	for _, name := range takeMessages() {
		if err := w.app.feed.Wait(w.ctx, name, message.Position); err != nil {
			t.Fatal(err)
		}
	}
	w.stop() // tells what is left

	in := message.ID.TraceID()
	told := collector.Trace(in)
	for name, n := range map[string]int{
		"wa.receive": 1, "log.append": 2, "bot.decide": 1, "wa.send": 1, "wa.server_ack": 1, "projection.apply": len(takeMessages()),
	} {
		if len(told[name]) != n {
			t.Errorf("%s: %d spans, not %d", name, len(told[name]), n)
		}
	}
	if t.Failed() {
		t.Fatalf("%+v", collector.Spans())
	}
	receive, appended, decide, decision := told["wa.receive"][0], told["log.append"][0], told["bot.decide"][0], told["log.append"][1]
	send, ack := told["wa.send"][0], told["wa.server_ack"][0]

	t.Run("in the order in which it happens", func(t *testing.T) {
		at := receive.Began
		for _, s := range []tracingtest.Span{receive, appended, decide, decision, send, ack} {
			if s.Began.Before(at) || s.Ended.Before(s.Began) {
				t.Errorf("%s from %v to %v begins before %v", s.Name, s.Began, s.Ended, at)
			}
			at = s.Began
		}
		if receive.Ended.Before(appended.Ended) || decide.Began.Before(appended.Ended) || send.Began.Before(decision.Ended) {
			t.Error("WhatsApp hears of it, or it is decided, before it is in the log; or it is sent before it was decided")
		}
	})
	t.Run("parents where one waits for the other, links where not", func(t *testing.T) {
		for _, c := range []struct {
			step, parent tracingtest.Span
			links        []tracingtest.Link
		}{
			{step: receive},
			{step: appended, parent: receive},
			{step: decide, links: []tracingtest.Link{{Trace: in, ID: appended.ID}}},
			{step: decision, parent: decide},
			{step: send, links: []tracingtest.Link{{Trace: in, ID: decide.ID}}},
			{step: ack, parent: send},
			{step: told["projection.apply"][0], links: []tracingtest.Link{{Trace: in, ID: appended.ID}}},
		} {
			if c.step.Parent != c.parent.ID || !slices.Equal(c.step.Links, c.links) {
				t.Errorf("%s: parent %q, links %v; want %q, %v", c.step.Name, c.step.Parent, c.step.Links, c.parent.ID, c.links)
			}
		}
	})
	t.Run("who and what, and nothing about a person", func(t *testing.T) {
		sent := customer.Messages()[0]
		hidden := receive.Attributes["messaging.message.id"]
		for _, s := range collector.Spans() {
			if s.Trace != in {
				continue
			}
			if a := s.Attributes; a["messaging.system"] != "whatsapp" || a["messaging.message.id"] != hidden || a["switchboard.workspace.id"] != string(id) {
				t.Errorf("%s says %v", s.Name, a)
			}
			if epoch := s.Attributes["switchboard.epoch"]; s.Name != "projection.apply" && epoch != "1" {
				t.Errorf("%s says epoch %q", s.Name, epoch)
			}
		}
		if len(hidden) < 32 || strings.Contains(hidden, sent.ID) {
			t.Errorf("the message's id is told as %q", hidden)
		}
		for _, secret := range []string{sent.ID, customerNumber, shopNumber, "How much", "₦1,500", "Somebody", "Kitchen"} {
			if collector.Holds(secret) {
				t.Errorf("%q left the house", secret)
			}
		}
	})
}

func TestOnlyWhatFailedIsTracedWhenNothingIsSampled(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	w := prepareWorld(t, "DATABASE_URL", databaseOf(t), "SWITCHBOARD_LOG", "info",
		"OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL, "OTEL_TRACES_SAMPLER_ARG", "0")
	logged := &lines{}
	w.out = logged
	w.starts()
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	well, unlucky := w.phone(customerNumber), w.phone("2348055500002")
	w.asks(well, shopNumber, "How much is delivery?", 1)
	if err := w.phones.Fault(w.ctx, sandbox.Fault{Kind: "ack_error", Phone: shopNumber, Code: 503}); err != nil {
		t.Fatal(err)
	}
	w.asks(unlucky, shopNumber, "How much is delivery?", 1)
	fine, bad := w.messageOf(well), w.messageOf(unlucky)
	w.stop()

	if told := collector.Trace(fine.ID.TraceID()); len(told) != 0 {
		t.Errorf("a message with which all went well was traced: %v", told)
	}
	told := collector.Trace(bad.ID.TraceID())
	if len(told["wa.receive"]) != 1 || len(told["bot.decide"]) != 1 || len(told["wa.send"]) != 2 {
		t.Fatalf("not told, from end to end: %v", told)
	}
	first, second := told["wa.send"][0], told["wa.send"][1]
	if !first.Failed || first.Attributes["switchboard.code"] != "503" || second.Failed {
		t.Errorf("the tries are %+v and %+v", first, second)
	}
	if want := "trace_id=" + bad.ID.TraceID(); !strings.Contains(logged.String(), want) {
		t.Errorf("no line of the log says %s", want)
	}
}

// messageOf is the record of what somebody wrote, who wrote once.
func (w *world) messageOf(from *sandbox.Phone) domain.Recorded {
	w.t.Helper()
	page, err := w.app.core.store.Page(w.ctx, 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range page {
		e, ok := r.Event.(domain.MessageReceived)
		if ok && string(e.MessageID) == from.Messages()[0].ID {
			if r.ID != commands.MessageEventID(e.CustomerID, e.MessageID) || r.CorrelationID != r.ID {
				w.t.Errorf("recorded as %s of story %s", r.ID, r.CorrelationID)
			}
			return r
		}
	}
	w.t.Fatal("the message is not in the log")
	return domain.Recorded{}
}

// takeMessages names the read models that take up customers' messages.
func takeMessages() []string {
	names := []string{projections.TimelineName}
	for _, p := range projections.All() {
		if slices.Contains(p.Types, domain.MessageReceived{}.EventType()) {
			names = append(names, p.Name)
		}
	}
	return names
}
