package commands_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/commands/memory"
	"switchboard.example/domain"
)

// knownAs resolves every address as it is told.
type knownAs map[string]commands.Resolved

func (k knownAs) Resolve(_ context.Context, _ domain.WorkspaceID, addresses []string, _ time.Time) (commands.Resolved, error) {
	return k[addresses[0]], nil
}

func (k knownAs) Known(_ context.Context, _ domain.WorkspaceID, addresses []string) (commands.Resolved, bool, error) {
	known, ok := k[addresses[0]]
	return known, ok, nil
}

func TestWhoTurnsOutToBeAnAllowedNumberIsAllowed(t *testing.T) {
	t.Parallel()
	const phone, lid = "2348030000001", "77@lid"
	store := &memory.Store{}
	known := knownAs{phone + "@s.whatsapp.net": {Customer: "by-number", Created: true}, lid: {Customer: "by-lid", Created: true}}
	h := &commands.Handler{Store: store, Addresses: known, Now: time.Now, NewID: uuid.NewString}
	writes := func(id domain.MessageID) {
		t.Helper()
		_, err := h.ReceiveMessage(t.Context(), commands.ReceiveMessage{
			WorkspaceID: "w", From: commands.Sender{Addresses: []string{lid}}, MessageID: id, Kind: domain.KindText, Text: "hello", SentAt: time.Now(), ReplyTo: lid,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	writes("M1")
	if _, _, err := h.AllowNumber(t.Context(), commands.ChangeWorkspace{WorkspaceID: "w"}, phone); err != nil {
		t.Fatal(err)
	}
	known[lid] = commands.Resolved{Customer: "by-lid", MergedFrom: "by-number"}
	writes("M2")
	recorded, err := store.Load(t.Context(), domain.CustomerStream("w", "by-lid"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := commands.Fold[domain.Customer, domain.CustomerEvent](recorded); !c.Allowed {
		t.Errorf("they are %+v", c)
	}
}
