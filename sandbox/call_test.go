package sandbox_test

import (
	"net/http"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestACallRingsAndIsDeclinedOrMissed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	became := func(p *sandbox.Phone, id, text string) {
		t.Helper()
		await(t, p, text, func(m sandbox.Message) bool { return m.ID == id && m.Type == "call" && m.Text == text })
	}
	t.Run("declined by the device", func(t *testing.T) {
		call, err := s.customer.Call(patient(t), shop, false)
		if err != nil {
			t.Fatal(err)
		}
		offer := sandboxtest.Await(s.client, 0, func(e *events.CallOffer) bool { return e.CallID == call.ID })
		if offer.CallCreator.User != s.customer.LID() || offer.CallCreatorAlt.User != ada {
			t.Errorf("it comes from %+v", offer.BasicCallMeta)
		}
		if err := s.client.RejectCall(patient(t), offer.From, offer.CallID); err != nil {
			t.Fatal(err)
		}
		became(s.customer, call.ID, "Voice call, declined")
		became(s.shop, call.ID, "Voice call, declined")
	})
	t.Run("missed, by the control API", func(t *testing.T) {
		status, call := api[sandbox.Message](t, s.server, "POST", "phones/"+ada+"/call", `{"to": "`+shop+`", "video": true}`)
		if status != http.StatusCreated {
			t.Fatalf("answered %d", status)
		}
		sandboxtest.Await(s.client, 0, func(e *events.CallOffer) bool {
			return e.CallID == call.ID && len(e.Data.GetChildrenByTag("video")) == 1
		})
		if status, _ := api[object](t, s.server, "POST", "phones/"+ada+"/hang-up", `{"id": "`+call.ID+`"}`); status != http.StatusOK {
			t.Errorf("answered %d", status)
		}
		sandboxtest.Await(s.client, 0, func(e *events.CallTerminate) bool { return e.CallID == call.ID })
		became(s.customer, call.ID, "Video call, missed")
		became(s.shop, call.ID, "Video call, missed")
		if status, _ := api[object](t, s.server, "POST", "phones/"+ada+"/hang-up", `{"id": "`+call.ID+`"}`); status != http.StatusNotFound {
			t.Errorf("hanging up twice answered %d", status)
		}
	})
	t.Run("and is no message to the judge", func(t *testing.T) {
		if totals := s.customer.Judge().Totals; totals != (sandbox.Totals{}) {
			t.Errorf("it counts %+v", totals)
		}
		eventually(t, "the device has settled the calls", func() bool { return s.server.Stats().Queued == 0 })
	})
}
