package bot

import (
	"slices"
	"strings"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/domain"
)

// How long a burst may take, whatever comes in.
const burstCap = 4 * time.Second

// due is when a burst of messages counts as finished: some words wait for more, others are answered at once. Of those that
// wait, the wait lasts while the customer types and begins again when they stop. A message that could not be opened waits
// for a readable copy, unless something else comes.
func due(messages []domain.TurnMessage, c domain.Conversation, k *Knowledge, types typed, now time.Time) time.Time {
	if unreadable(messages) {
		return messages[0].ReceivedAt.Add(domain.UnreadableWait)
	}
	first, last := messages[0], messages[0]
	for _, m := range messages[1:] {
		if m.ReceivedAt.Before(first.ReceivedAt) {
			first = m
		}
		if !touched(m).Before(touched(last)) {
			last = m
		}
	}
	if last.Command {
		return last.ReceivedAt
	}
	wait, limit := burstWait(last, c, k, now), first.ReceivedAt.Add(burstCap)
	at := touched(last).Add(wait)
	if first.Round != "" {
		return at
	}
	switch since := types.at.After(touched(last)); { // what was typed before a message has come with it
	case since && types.on && wait > 0:
		return limit
	case since && wait > 0:
		at = types.at.Add(wait)
	}
	if limit.Before(at) {
		return limit
	}
	return at
}

// unreadable says that none of the messages could be opened.
func unreadable(messages []domain.TurnMessage) bool {
	return !slices.ContainsFunc(messages, func(m domain.TurnMessage) bool { return m.Kind != domain.KindUnreadable })
}

// touched is when a message last changed.
func touched(m domain.TurnMessage) time.Time {
	if m.TouchedAt.After(m.ReceivedAt) {
		return m.TouchedAt
	}
	return m.ReceivedAt
}

// burstWait is how long to wait after a message for the next one of the same turn.
func burstWait(m domain.TurnMessage, c domain.Conversation, k *Knowledge, now time.Time) time.Duration {
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
	var seen match.Result
	if k != nil {
		seen = k.Match(text)
	}
	switch {
	case seen.Exact:
		return 0
	case strings.HasSuffix(text, "?"), seen.Decision == match.Answer:
		return 500 * time.Millisecond
	case len(strings.Fields(text)) <= 3, strings.HasSuffix(text, ","), strings.HasSuffix(text, "…"), strings.HasSuffix(text, " and"):
		return 900 * time.Millisecond
	}
	return 800 * time.Millisecond
}
