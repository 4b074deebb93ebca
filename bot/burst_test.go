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
		{"so is START", []domain.TurnMessage{at("start", 0)}, 0},
		{"who asks for the menu", []domain.TurnMessage{at("menu", 0)}, 0},
		{"who asks for a person", []domain.TurnMessage{at("agent", 0)}, 0},
		{"what is neither waits a little longer than a question", []domain.TurnMessage{at("i am writing about something", 0)}, 800 * time.Millisecond},
		{"three words may be a beginning", []domain.TurnMessage{at("about my cake", 0)}, 900 * time.Millisecond},
		{"four are a sentence", []domain.TurnMessage{at("about my birthday cake", 0)}, 800 * time.Millisecond},
		{"a comma goes on", []domain.TurnMessage{at("i am writing about my cake,", 0)}, 900 * time.Millisecond},
		{"three dots go on", []domain.TurnMessage{at("i am writing about my cake…", 0)}, 900 * time.Millisecond},
		{"and so does and", []domain.TurnMessage{at("i am writing about my cake and", 0)}, 900 * time.Millisecond},
		{"the last message counts", []domain.TurnMessage{at("hello", 0), at("how much is delivery?", time.Second)}, 1500 * time.Millisecond},
		{"four seconds is the most", []domain.TurnMessage{at("hello", 0), at("i want to ask you about something", 3900*time.Millisecond)}, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := due(c.messages, domain.Conversation{}, nil, typed{}, noon).Sub(noon); got != c.want {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestHowLongWhatTheBotKnowsWaits(t *testing.T) {
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) domain.TurnMessage { return domain.TurnMessage{Text: s, ReceivedAt: noon} }
	after := func(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }
	edited := text("what about it?")
	edited.TouchedAt = noon.Add(2 * time.Second)
	unreadable := domain.TurnMessage{Kind: domain.KindUnreadable, ReceivedAt: noon}
	menu := domain.Conversation{Choices: []domain.FAQID{"f1"}, ChoicesAt: noon}
	for _, c := range []struct {
		name     string
		messages []domain.TurnMessage
		c        domain.Conversation
		types    typed
		want     time.Duration
	}{
		{"an exact wording is answered at once", []domain.TurnMessage{text("delivery fee")}, domain.Conversation{}, typed{}, 0},
		{"a number from an open list too", []domain.TurnMessage{text("1")}, menu, typed{}, 0},
		{"what it is sure of waits like a question", []domain.TurnMessage{text("how much to deliver to my office")}, domain.Conversation{}, typed{}, 500 * time.Millisecond},
		{"also when a comma follows", []domain.TurnMessage{text("how much to deliver to my office,")}, domain.Conversation{}, typed{}, 500 * time.Millisecond},
		{"two words that mean nothing wait for more", []domain.TurnMessage{text("blue abi")}, domain.Conversation{}, typed{}, 900 * time.Millisecond},
		{"an edit starts the wait again", []domain.TurnMessage{edited}, domain.Conversation{}, typed{}, 2500 * time.Millisecond},
		{"what cannot be opened waits ten seconds for a copy", []domain.TurnMessage{unreadable}, domain.Conversation{}, typed{}, domain.UnreadableWait},
		{"whoever types is waited for, four seconds at most", []domain.TurnMessage{text("what of yellow shoes tomorrow?")}, domain.Conversation{}, typed{on: true, at: after(400)}, burstCap},
		{"and when they stop the wait begins again", []domain.TurnMessage{text("what of yellow shoes tomorrow?")}, domain.Conversation{}, typed{at: after(1400)}, 1900 * time.Millisecond},
		{"within the four seconds", []domain.TurnMessage{text("what of yellow shoes tomorrow?")}, domain.Conversation{}, typed{at: after(3900)}, burstCap},
		{"what was typed before the message came with it", []domain.TurnMessage{text("what of yellow shoes tomorrow?")}, domain.Conversation{}, typed{on: true, at: after(-400)}, 500 * time.Millisecond},
		{"an exact wording is answered at once all the same", []domain.TurnMessage{text("delivery fee")}, domain.Conversation{}, typed{on: true, at: after(1)}, 0},
		{"typing does not shorten the wait for a copy", []domain.TurnMessage{unreadable}, domain.Conversation{}, typed{on: true, at: after(1)}, domain.UnreadableWait},
		{"unless something else comes", []domain.TurnMessage{unreadable, text("delivery fee")}, domain.Conversation{}, typed{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := due(c.messages, c.c, k, c.types, noon).Sub(noon); got != c.want {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}
