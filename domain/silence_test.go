package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard.example/domain"
)

// replied is a reply of the bot's that left after a while.
func replied(after time.Duration) []domain.ConversationEvent {
	id := domain.ReplyID(after.String())
	return []domain.ConversationEvent{
		domain.ReplyQueued{ReplyID: id, Author: domain.AuthorBot, QueuedAt: noon.Add(after)}, domain.ReplySent{ReplyID: id, SentAt: noon.Add(after)},
	}
}

func wrote(text string, after time.Duration) domain.ConversationEvent {
	at := noon.Add(after)
	return domain.MessageReceived{MessageID: domain.MessageID(after.String()), Kind: domain.KindText, Text: text, SentAt: at, ReceivedAt: at}
}

// everySoOften are so many replies with the same pause between them; the last is at noon.
func everySoOften(n int, pause time.Duration) domain.Conversation {
	var events []domain.ConversationEvent
	for i := range n {
		events = append(events, replied(-time.Duration(n-1-i)*pause)...)
	}
	return talk(events...)
}

func TestTwoProgramsAnsweringEachOther(t *testing.T) {
	const short, letters20 = "yes", "twenty letters long."
	// answering is a customer who answers three replies, each so long after it.
	answering := func(text string, after time.Duration) domain.Conversation {
		var events []domain.ConversationEvent
		for i := range 3 {
			at := time.Duration(i) * 15 * time.Second
			events = append(append(events, replied(at)...), wrote(fmt.Sprint(i)+text[1:], at+after))
		}
		return talk(events...)
	}
	saying := func(texts ...string) domain.Conversation {
		var events []domain.ConversationEvent
		for i, text := range texts {
			events = append(events, wrote(text, time.Duration(i)*5*time.Second))
		}
		return talk(events...)
	}
	for name, c := range map[string]struct {
		chat domain.Conversation
		at   time.Duration
		want bool
	}{
		"three answers within two seconds":          {answering(short, 2*time.Second), 35 * time.Second, true},
		"three that took longer":                    {answering(short, 2*time.Second+time.Millisecond), 35 * time.Second, false},
		"twenty letters, faster than people type":   {answering(letters20, 2400*time.Millisecond), 35 * time.Second, true},
		"twenty letters, as fast as some":           {answering(letters20, 2500*time.Millisecond), 35 * time.Second, false},
		"fewer letters, however fast":               {answering(letters20[1:], 2100*time.Millisecond), 35 * time.Second, false},
		"three quick ones, a minute ago":            {answering(short, time.Second), 62 * time.Second, false},
		"the same words three times of six":         {saying("a", "b", "c", "a", "d", "a"), 30 * time.Second, true},
		"the same words twice":                      {saying("a", "b", "c", "a", "d", "e"), 30 * time.Second, false},
		"pictures without words":                    {saying("", "", "", ""), 20 * time.Second, false},
		"six replies in a minute":                   {everySoOften(6, 11*time.Second), 0, true},
		"five":                                      {everySoOften(5, 11*time.Second), 0, false},
		"six, the first a minute ago":               {everySoOften(6, 12*time.Second), 0, false},
		"fifteen replies in ten minutes":            {everySoOften(15, 42*time.Second), 0, true},
		"fourteen":                                  {everySoOften(14, 42*time.Second), 0, false},
		"fifteen, the first ten minutes ago":        {everySoOften(15, 10*time.Minute/14), time.Second, false},
		"one of a burst was quick, and two of more": {talk(append(replied(0), wrote("a", time.Second), wrote("b", 2*time.Second), wrote("c", 2*time.Second))...), 5 * time.Second, false},
	} {
		if got := c.chat.Looping(noon.Add(c.at)); got != c.want {
			t.Errorf("%s: looping is %v", name, got)
		}
	}
	t.Run("what came before the reply, by its own clock, is no answer to it", func(t *testing.T) {
		var events []domain.ConversationEvent
		for i := range 3 {
			at := time.Duration(i) * 15 * time.Second
			events = append(append(events, replied(at)...), wrote(strings.Repeat("x", i+1), at-time.Second))
		}
		if talk(events...).Looping(noon.Add(35 * time.Second)) {
			t.Fatal("looping")
		}
	})
}

func TestWhatAChatMaySend(t *testing.T) {
	for name, c := range map[string]struct {
		chat       domain.Conversation
		at         time.Duration
		half, over bool
	}{
		"two in a minute":              {everySoOften(2, 10*time.Second), 0, false, false},
		"three in a minute":            {everySoOften(3, 10*time.Second), 0, true, false},
		"five in a minute":             {everySoOften(5, 10*time.Second), 0, true, false},
		"six in a minute":              {everySoOften(6, 10*time.Second), 0, true, true},
		"six, a minute later":          {everySoOften(6, time.Second), time.Minute, false, false},
		"nineteen in a day":            {everySoOften(19, time.Hour), 0, false, false},
		"twenty in a day":              {everySoOften(20, time.Hour), 0, true, false},
		"thirty-nine in a day":         {everySoOften(39, 30*time.Minute), 0, true, false},
		"forty in a day":               {everySoOften(40, 30*time.Minute), 0, true, true},
		"forty, the first a day ago":   {everySoOften(40, 30*time.Minute), 4*time.Hour + 30*time.Minute, true, false},
		"forty, just less than a day":  {everySoOften(40, 30*time.Minute), 4*time.Hour + 29*time.Minute, true, true},
		"more than are kept, in a day": {everySoOften(60, 20*time.Minute), 0, true, true},
	} {
		if half, over := c.chat.OverHalf(noon.Add(c.at)), c.chat.OverLimit(noon.Add(c.at)); half != c.half || over != c.over {
			t.Errorf("%s: over half %v, over the limit %v", name, half, over)
		}
	}
	t.Run("only what the bot says by itself counts", func(t *testing.T) {
		var events []domain.ConversationEvent
		for i := range 6 {
			person, command := domain.ReplyID(fmt.Sprint("p", i)), domain.ReplyID(fmt.Sprint("c", i))
			events = append(events, domain.ReplyQueued{ReplyID: person, Author: domain.AuthorDashboard, QueuedAt: noon}, domain.ReplySent{ReplyID: person, SentAt: noon},
				domain.ReplyQueued{ReplyID: command, Author: domain.AuthorBot, Command: true, QueuedAt: noon}, domain.ReplySent{ReplyID: command, SentAt: noon})
		}
		if chat := talk(events...); chat.OverHalf(noon.Add(time.Second)) || chat.Looping(noon.Add(time.Second)) {
			t.Fatal("a person's words or answers to commands use up the bot's")
		}
	})
}
