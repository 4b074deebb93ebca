package bot

import (
	"context"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

type noFAQs struct{}

func (noFAQs) FAQRevision(context.Context, domain.WorkspaceID) (int64, error) { return 1, nil }
func (noFAQs) FAQs(context.Context, domain.WorkspaceID) ([]domain.FAQ, error) { return nil, nil }

func TestAReadableCopyIsWaitedForAlsoWithoutPacing(t *testing.T) {
	library, err := NewLibrary(noFAQs{})
	if err != nil {
		t.Fatal(err)
	}
	now := noon
	turns := NewTurns(TurnsConfig{Library: library, Now: func() time.Time { return now }})
	messages := []domain.TurnMessage{{ID: "m", Kind: domain.KindUnreadable, SentAt: noon, ReceivedAt: noon}}
	turn := commands.Turn{
		Workspace:    domain.Workspace{}.Evolve(domain.WorkspaceRegistered{WorkspaceID: "w", TrialUntil: noon.AddDate(0, 0, 14)}),
		Conversation: domain.Conversation{Turn: messages}, About: domain.About{WorkspaceID: "w", CustomerID: "c"},
	}
	for _, step := range []struct {
		after   time.Duration
		decided bool
	}{{0, false}, {domain.UnreadableWait - time.Millisecond, false}, {domain.UnreadableWait, true}} {
		now = noon.Add(step.after)
		outcome, decided, err := turns.choose(t.Context(), turn, messages, library.Soon(t.Context(), "w"))
		if err != nil || decided != step.decided {
			t.Fatalf("after %v: decided %v, %v", step.after, decided, err)
		}
		if decided && outcome.Reply != sayUnreadable {
			t.Fatalf("said %q", outcome.Reply)
		}
	}
}
