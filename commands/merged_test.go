package commands_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/commands/memory"
	"switchboard.example/domain"
)

// A message may come again after its customer turned out to be another one, as may the receipt of a reply: a kill between the log
// and the acknowledgement, and the number and the LID named together meanwhile.
func TestWhatComesAgainAfterAMergeIsKnown(t *testing.T) {
	t.Parallel()
	const number, lid = "2348030000001@s.whatsapp.net", "77@lid"
	store := &memory.Store{}
	known := knownAs{number: {Customer: "by-number", Created: true}, lid: {Customer: "by-lid", Created: true}}
	h := &commands.Handler{Store: store, Addresses: known, Now: time.Now, NewID: uuid.NewString, ReplyKey: []byte("key")}
	writes := func(from string, id domain.MessageID) {
		t.Helper()
		_, err := h.ReceiveMessage(t.Context(), commands.ReceiveMessage{
			WorkspaceID: "w", From: commands.Sender{Addresses: []string{from}}, MessageID: id, Kind: domain.KindText, Text: "hello", SentAt: time.Now(), ReplyTo: from,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	events := func(c domain.CustomerID) (in []domain.MessageID, delivered []domain.ReplyID) {
		t.Helper()
		recorded, err := store.Load(t.Context(), domain.ConversationStream("w", c), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recorded {
			switch e := r.Event.(type) {
			case domain.MessageReceived:
				in = append(in, e.MessageID)
			case domain.ReplyDelivered:
				delivered = append(delivered, e.ReplyID)
			}
		}
		return in, delivered
	}
	writes(lid, "M0")
	writes(number, "M1")
	in := commands.InConversation{WorkspaceID: "w", CustomerID: "by-number"}
	ref, _, err := h.WriteReply(t.Context(), in, "good day")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := store.Load(t.Context(), domain.ConversationStream("w", "by-number"), 0)
	if err != nil {
		t.Fatal(err)
	}
	queued, _ := recorded[len(recorded)-1].Event.(domain.ReplyQueued)

	merged := commands.Resolved{Customer: "by-lid", MergedFrom: "by-number", Merged: []domain.CustomerID{"by-number"}}
	known[number], known[lid] = merged, merged
	writes(number, "M1") // again
	writes(number, "M2") // with the news that they are one
	merged.MergedFrom = ""
	known[number], known[lid] = merged, merged
	writes(number, "M1") // and again
	err = h.ReceiveReceipt(t.Context(), commands.Receipt{
		WorkspaceID: "w", From: commands.Sender{Addresses: []string{lid}}, MessageIDs: []domain.MessageID{queued.WhatsAppID}, At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}

	again := commands.ReceiveMessage{WorkspaceID: "w", From: commands.Sender{Addresses: []string{number}}, MessageID: "M1", SentAt: time.Now()}
	if err := h.ReceiveDelete(t.Context(), again, "D1"); err != nil {
		t.Fatal(err)
	}
	if recorded, err = store.Load(t.Context(), domain.ConversationStream("w", "by-number"), 0); err != nil {
		t.Fatal(err)
	}
	if e, ok := recorded[len(recorded)-1].Event.(domain.MessageDeleted); !ok || e.CustomerID != "by-number" || e.MessageID != "M1" {
		t.Errorf("what was deleted is still there: %+v", recorded[len(recorded)-1].Event)
	}

	if got, _ := events("by-number"); len(got) != 1 || got[0] != "M1" {
		t.Errorf("the one who was merged has %v", got)
	}
	got, delivered := events("by-lid")
	if len(got) != 2 || got[0] != "M0" || got[1] != "M2" {
		t.Errorf("the one who stayed has %v", got)
	}
	if len(delivered) != 1 || delivered[0] != ref.ReplyID {
		t.Errorf("delivered is %v, not %s", delivered, ref.ReplyID)
	}
	facts, err := store.Load(t.Context(), domain.CustomerStream("w", "by-lid"), 0)
	if err != nil {
		t.Fatal(err)
	}
	merges := 0
	for _, r := range facts {
		if e, ok := r.Event.(domain.CustomerMerged); ok && e.Merged == "by-number" {
			merges++
		}
	}
	if merges != 1 {
		t.Errorf("the merge is recorded %d times", merges)
	}
}
