package bot

import (
	"strings"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/domain"
)

// How long a burst may take, whatever comes in.
const burstCap = 4 * time.Second

// due is when a burst of messages counts as finished: some words wait for more, others are answered at once.
func due(messages []domain.TurnMessage, c domain.Conversation, now time.Time) time.Time {
	first, last := messages[0], messages[len(messages)-1]
	if last.Command {
		return last.ReceivedAt
	}
	at := last.ReceivedAt.Add(burstWait(last, c, now))
	if limit := first.ReceivedAt.Add(burstCap); limit.Before(at) {
		return limit
	}
	return at
}

// burstWait is how long to wait after a message for the next one of the same turn.
func burstWait(m domain.TurnMessage, c domain.Conversation, now time.Time) time.Duration {
	text := strings.ToLower(strings.TrimSpace(m.Text))
	if _, ok := picked(c, text, now); ok {
		return 0
	}
	switch match.Classify(match.Normalise(text)) {
	case match.Stop, match.Start, match.WantsMenu, match.WantsHuman:
		return 0
	case match.Greeting:
		return 900 * time.Millisecond
	case match.NotSmallTalk, match.Thanks, match.Okay, match.Goodbye, match.Wordless:
	}
	switch {
	case strings.HasSuffix(text, "?"):
		return 500 * time.Millisecond
	case len(strings.Fields(text)) <= 3, strings.HasSuffix(text, ","), strings.HasSuffix(text, "…"), strings.HasSuffix(text, " and"):
		return 900 * time.Millisecond
	}
	return 800 * time.Millisecond
}
