package whatsapp_test

import (
	"testing"

	"switchboard.example/domain"
)

func TestAMissedCallIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "call me"))
	wrote := await(s, func(e domain.MessageReceived) bool { return e.Text == "call me" })
	call, err := c.Call(t.Context(), s.phone.Number(), false)
	w.must(err)
	w.must(c.HangUp(t.Context(), call.ID))
	missed := await(s, func(e domain.MessageReceived) bool { return e.Kind == domain.KindCall })
	if missed.CustomerID != wrote.CustomerID || missed.MessageID != domain.MessageID(call.ID) || missed.Text != "" {
		t.Errorf("it is %+v", missed)
	}
}
