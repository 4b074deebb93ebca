package whatsapp

import (
	"context"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// recorder takes every fact about a connection.
type recorder struct {
	Commands
	facts []domain.ConnectionEvent
}

func (r *recorder) ObserveConnection(_ context.Context, cmd commands.ObserveConnection) (int64, error) {
	r.facts = append(r.facts, cmd.Event)
	return int64(len(r.facts)), nil
}

func TestAPhoneThatIsTooOldKeepsItsCode(t *testing.T) {
	t.Parallel()
	log := &recorder{}
	p := &pairing{observer: &observer{commands: log, workspace: "w"}}
	if _, _, final := p.interpret(t.Context(), nil, &events.QRScannedWithoutMultidevice{}); final {
		t.Error("the linking ended")
	}
	want := domain.ConnectionCodeRefused{
		WorkspaceID: "w", Reason: domain.ReasonPhoneOutdated, Evidence: domain.Evidence{LibraryEvent: "QRScannedWithoutMultidevice"},
	}
	if len(log.facts) != 1 || log.facts[0] != want {
		t.Errorf("recorded %+v", log.facts)
	}
}
