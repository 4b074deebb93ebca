package bot

import (
	"testing"
	"time"

	"switchboard.example/domain"
)

func TestHowLongABurstWaits(t *testing.T) {
	at := func(text string, after time.Duration) domain.TurnMessage {
		return domain.TurnMessage{Text: text, ReceivedAt: noon.Add(after)}
	}
	for _, c := range []struct {
		name     string
		messages []domain.TurnMessage
		want     time.Duration
	}{
		{"a question is taken as finished soon", []domain.TurnMessage{at("how much is delivery?", 0)}, 500 * time.Millisecond},
		{"a hello waits for what follows", []domain.TurnMessage{at("hello", 0)}, 900 * time.Millisecond},
		{"STOP is obeyed at once", []domain.TurnMessage{at("stop", 0)}, 0},
		{"a command is obeyed at once", []domain.TurnMessage{{Text: "!status", ReceivedAt: noon, Command: true}}, 0},
		{"the last message counts", []domain.TurnMessage{at("hello", 0), at("how much is delivery?", time.Second)}, 1500 * time.Millisecond},
		{"four seconds is the most", []domain.TurnMessage{at("hello", 0), at("i want to ask you about something", 3900*time.Millisecond)}, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := due(c.messages, domain.Conversation{}, nil, noon).Sub(noon); got != c.want {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}
