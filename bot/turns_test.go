package bot

import (
	"context"
	"errors"
	"log/slog"
	"runtime/pprof"
	"strings"
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

// refusing counts how often each turn is looked at, and fails as often as it is told to.
type refusing struct {
	looks chan domain.CustomerID
	fails map[domain.CustomerID]int
}

func (r *refusing) AnswerTurn(_ context.Context, cmd commands.AnswerTurn) (commands.Answered, error) {
	r.looks <- cmd.CustomerID
	if r.fails[cmd.CustomerID] > 0 {
		r.fails[cmd.CustomerID]--
		return commands.Answered{}, errors.New("the database is away")
	}
	return commands.Answered{}, nil
}

// The table lags behind the log: what was just decided still stands in it.
func TestTheTableOfOpenTurnsWakesNobodyWhoWasJustLookedAt(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	desk := &refusing{looks: make(chan domain.CustomerID, 9), fails: map[domain.CustomerID]int{"failed": 1}}
	turns := NewTurns(TurnsConfig{
		Answerer: desk, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Lanes: 1,
		Open:  func(context.Context) ([]OpenTurn, error) { return []OpenTurn{{shop, "decided"}, {shop, "failed"}}, nil },
		Epoch: func(domain.WorkspaceID) (int64, bool) { return 0, true },
	})
	round := func(want ...domain.CustomerID) {
		t.Helper()
		turns.wakeOpen(t.Context())
		for _, c := range want {
			o, _ := turns.lanes[0].pop(t.Context())
			_ = turns.answer(t.Context(), o)
			if got := <-desk.looks; got != c {
				t.Errorf("looked at %s, want %s", got, c)
			}
		}
		if left := len(turns.lanes[0].queue); left > 0 {
			t.Errorf("%d more were woken", left)
		}
	}
	round("decided", "failed")
	round("failed")
	round()
	now = now.Add(lookedFor)
	round("decided", "failed")
}

// labels reads whose goroutines there are, as the trace of a crash does.
type labels struct{ seen chan bool }

func (l labels) AnswerTurn(context.Context, commands.AnswerTurn) (commands.Answered, error) {
	l.seen <- labelled(shop)
	return commands.Answered{}, nil
}

func labelled(w domain.WorkspaceID) bool {
	var goroutines strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&goroutines, 1)
	return strings.Contains(goroutines.String(), `"`+domain.CrashLabel+`":"`+string(w)+`"`)
}

// A crash that nobody can recover is told from its goroutine's label: while a turn is decided it has one, and then no more.
func TestACrashWhileATurnIsDecidedSaysWhoseItWas(t *testing.T) {
	desk := labels{seen: make(chan bool)}
	library, err := NewLibrary(nil) // nothing is asked of it
	if err != nil {
		t.Fatal(err)
	}
	turns := NewTurns(TurnsConfig{
		Answerer: desk, Library: library, Log: slog.New(slog.DiscardHandler), Now: time.Now, Lanes: 1,
		Open:  func(context.Context) ([]OpenTurn, error) { return []OpenTurn{{shop, "ada"}}, nil },
		Epoch: func(domain.WorkspaceID) (int64, bool) { return 0, true },
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = turns.Run(ctx) }()
	if !<-desk.seen {
		t.Error("the goroutine has no label")
	}
	for labelled(shop) {
		select {
		case <-desk.seen: // looked at once more
		case <-t.Context().Done():
			t.Fatal("the label stays when the turn is decided")
		default:
		}
	}
	stop()
	<-ended
}
