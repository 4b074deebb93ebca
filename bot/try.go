package bot

import (
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Trial is what the bot would do about a text that came alone from a customer it never met, and what the matcher saw.
type Trial struct {
	commands.Outcome
	Seen match.Result
}

// Try runs the live decision on a text; nothing is sent or recorded. A pause or an ended plan does not count here: who tries
// wants to know what the words come to.
func Try(w domain.Workspace, k *Knowledge, text string, now time.Time) Trial {
	w.Suspended, w.Pause, w.Plan = false, domain.Pause{}, domain.Plan{State: domain.Active}
	message := domain.TurnMessage{ID: "try", Kind: domain.KindText, Text: text, SentAt: now, ReceivedAt: now}
	turn := commands.Turn{
		Workspace: w, About: domain.About{WorkspaceID: w.ID},
		Conversation: domain.Conversation{Turn: []domain.TurnMessage{message}, PreviousAt: now}, // known, so that no greeting stands before the answer
	}
	return Trial{Outcome: Decide(turn, turn.Conversation.Turn, k, now), Seen: k.Shifted(w.Shift).Match(text)}
}
