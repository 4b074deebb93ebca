package bot

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// TestTurnsAreDecidedAsTheyAreWoken runs the lanes for real: what is in the table is decided, and replies in other chats are
// handed on too.
func TestTurnsAreDecidedAsTheyAreWoken(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.do.Pacing = false
	ada := w.receives(w.message("ada", "how much is delivery?"))
	self := w.owner(w.message("self", "!reply 0810 000 0001 It is on its way"), true)
	w.desk.people["2348100000001"] = Person{CustomerID: ada, Name: "ada"}
	queued := make(chan commands.ReplyRef, 9)
	turns := NewTurns(TurnsConfig{
		Answerer: w.do, Library: w.turns.Library, Desk: w.desk, Day: w.turns.Day, Log: slog.New(slog.DiscardHandler), Now: w.do.Now, Lanes: 1,
		Open: func(context.Context) ([]OpenTurn, error) {
			return []OpenTurn{{shop, ada}, {shop, self}, {"another node's", ada}}, nil
		},
		Epoch:  func(id domain.WorkspaceID) (int64, bool) { return 0, id == shop },
		Queued: func(ref commands.ReplyRef) { queued <- ref },
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- turns.Run(ctx) }()
	to := map[domain.CustomerID]int{}
	for range 3 {
		select {
		case ref := <-queued:
			to[ref.CustomerID]++
		case <-time.After(10 * time.Second):
			t.Fatalf("not woken: %v", to)
		}
	}
	stop()
	if err := <-ended; err != nil || to[ada] != 2 || to[self] != 1 {
		t.Fatalf("%v, %v", to, err)
	}
}
