package sandbox_test

import (
	"fmt"
	"testing"

	"switchboard.example/sandbox"
)

func TestTheJudgeSawItAll(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	sent := s.write(t, sandbox.Outgoing{Text: "one"})
	s.client.AwaitText(0, "one")
	await(t, s.customer, "its message delivered", withStatus(sent.ID, sandbox.StatusDelivered))
	s.fault(t, sandbox.Fault{Kind: "duplicate", Phone: shop, Direction: "out"})
	answer := s.client.SendText(ada, "two")
	await(t, s.customer, "two copies", func(m sandbox.Message) bool { return m.Copies == 2 })

	s.client.Disconnect()
	eventually(t, "the server notices", func() bool { return !s.shop.Devices()[0].Online })
	offline := s.write(t, sandbox.Outgoing{Text: "three"})
	s.client.Dial()
	s.client.AwaitText(0, "three")
	await(t, s.customer, "it delivered", withStatus(offline.ID, sandbox.StatusDelivered))

	verdicts := map[string]sandbox.Verdict{}
	var judged sandbox.Judgement
	eventually(t, "the judge has seen the delivery and its confirmation, in whatever order they were written down", func() bool {
		_, judged = api[sandbox.Judgement](t, s.server, "GET", "phones/"+ada+"/judge", "")
		for _, v := range judged.Messages {
			verdicts[v.ID] = v
		}
		return len(verdicts[offline.ID].Deliveries) == 1 && len(verdicts[offline.ID].Confirmations) == 1
	})
	if want := (sandbox.Totals{Sent: 2, Delivered: 2, Received: 1, Decrypted: 1, ReceivedTwice: 1}); judged.Totals != want {
		t.Errorf("the customer's totals are %+v, want %+v", judged.Totals, want)
	}
	if len(judged.Unknown) != 0 {
		t.Errorf("not understood: %v", judged.Unknown)
	}
	own := s.shop.Judge()
	if len(own.Connections) != 2 || own.Connections[0].ClosedAt == nil || own.Connections[1].ClosedAt != nil {
		t.Fatalf("the shop's connections are %+v", own.Connections)
	}
	first, second := own.Connections[0].ID, own.Connections[1].ID
	if v := verdicts[sent.ID]; len(v.Deliveries) != 1 || v.Deliveries[0].Connection != first || v.Deliveries[0].Offline || len(v.Confirmations) != 1 || v.Confirmations[0].Type != "receipt" {
		t.Errorf("the first message: %+v", v)
	}
	if v := verdicts[offline.ID]; len(v.Deliveries) != 1 || v.Deliveries[0].Connection != second || !v.Deliveries[0].Offline {
		t.Errorf("the third message: %+v", v)
	}
	v := verdicts[answer]
	if len(v.Arrivals) != 2 || v.Arrivals[0].Outcome != "decrypted" || v.Arrivals[1].Outcome != "repeated" || v.Arrivals[0].Connection != first {
		t.Errorf("the answer: %+v", v)
	}
	found := false
	for _, e := range journalOf(s.shop, "received") {
		found = found || e.ID == answer && e.Connection == first && e.Peer == ada && e.Device == 1
	}
	if !found {
		t.Errorf("the journal has no trace of %s: %+v", answer, own.Journal)
	}
}

func TestTheJournalIsBoundedAndSaysSo(t *testing.T) {
	t.Parallel()
	s := sceneOn(t, newSmallJournal(t))
	for i := range 30 {
		s.write(t, sandbox.Outgoing{Text: fmt.Sprint(i)})
	}
	s.client.AwaitText(0, "29")
	if j := s.shop.Judge(); len(j.Journal) > 20 || j.Dropped == 0 {
		t.Errorf("%d entries are kept, %d dropped", len(j.Journal), j.Dropped)
	}
}

func TestAQueueCanStall(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.server.Behaviour()
	b.StallAfter = 2
	s.server.SetBehaviour(b)
	hold := s.holdConfirmations(t)
	for i := range 4 {
		s.write(t, sandbox.Outgoing{Text: fmt.Sprint("stalled ", i)})
	}
	eventually(t, "two were delivered", func() bool { return len(journalOf(s.shop, "delivered")) == 2 })
	close(hold)
	s.client.AwaitText(0, "stalled 3")
	eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
}
