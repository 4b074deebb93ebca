package bot

import (
	"fmt"
	"strings"
	"time"

	"switchboard.example/domain"
)

// What the bot says. Every greeting, menu and fallback names the way to a person.
const (
	sayHelloAgain = "Hello 👋 How can I help? Send *menu* to see options."
	sayWelcome    = "You're welcome 🙏"
	sayFallback   = "I don't have that answer yet. I've passed it to the team. Reply *menu* for what I can help with, or *0* for a person."
	sayOtherWords = "Okay. Please ask in other words, or reply *0* again to talk to a person."
	sayStopped    = "Okay, you won't get automatic messages from us any more. Send *START* to get them again."
	sayStarted    = "Welcome back 👋 Ask me anything, or reply *0* for a person."
	sayThatsAll   = "That's the answer I have 👆 Reply *0* if you need a person."
	sayVoice      = "I can't listen to voice notes yet 🙏 Please type your question, or reply *0* for a person."
	sayUnreadable = "I couldn't open that message. Please send it again."
	sayLate       = "Sorry for the late reply."
	sayUpdated    = "Updated: "
	sayMenuAlone  = "Ask me anything, or reply *0* to talk to a person."
)

const maxChoices = 3 // in a did-you-mean

func sayGot(what string) string {
	return "Thanks, I've got your " + what + ". Someone will look at it."
}

func sayCalm(w domain.Workspace) string {
	return fmt.Sprintf("I'm here to help with questions about *%s*. Reply *0* for a person.", plain(w.Name))
}

func sayHandOff(w domain.Workspace) string {
	return fmt.Sprintf("Okay, someone from *%s* will reply here. I'll stay quiet now.", plain(w.Name))
}

// sayAway is what is said where a person is needed and nobody is there, and whether that is so now.
func sayAway(w domain.Workspace, now time.Time) (string, bool) {
	schedule := w.Schedule()
	if schedule.IsOpen(now) {
		return "", false
	}
	if now.Before(w.Settings.HolidayUntil) && w.Settings.HolidayText != "" {
		return w.Settings.HolidayText, true
	}
	if w.Settings.Away != nil {
		return *w.Settings.Away, true
	}
	back := schedule.NextOpen(now)
	if back.IsZero() {
		return "We're closed now. I've saved your message and someone will reply when we're back.", true
	}
	return fmt.Sprintf("We're closed now and open again *%s*. I've saved your message and someone will reply then.", whenOpen(back, now, w.Zone())), true
}

// whenOpen says a moment as people do: "today 2 pm", "tomorrow 9 am", "Monday 9 am", "2 January 9 am".
func whenOpen(at, now time.Time, zone *time.Location) string {
	at, now = at.In(zone), now.In(zone)
	clock := at.Format("3 pm")
	if at.Minute() != 0 {
		clock = at.Format("3:04 pm")
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	switch {
	case at.Before(midnight.AddDate(0, 0, 1)):
		return "today " + clock
	case at.Before(midnight.AddDate(0, 0, 2)):
		return "tomorrow " + clock
	case at.Before(midnight.AddDate(0, 0, 7)):
		return at.Format("Monday ") + clock
	}
	return at.Format("2 January ") + clock
}

// sayGreetingLine is the greeting that stands before an answer.
func sayGreetingLine(w domain.Workspace) string {
	if w.Settings.Greeting != nil && *w.Settings.Greeting != "" {
		return *w.Settings.Greeting + "\nReply *0* any time for a person."
	}
	return fmt.Sprintf("Hi 👋 Welcome to *%s*. I'm the automatic assistant. Reply *0* any time for a person.", plain(w.Name))
}

func sayGreeting(w domain.Workspace, menu []domain.FAQ) string {
	head := fmt.Sprintf("Hi 👋 Welcome to *%s*. I'm the automatic assistant.\n", plain(w.Name))
	if w.Settings.Greeting != nil && *w.Settings.Greeting != "" {
		head = *w.Settings.Greeting + "\n"
	}
	if len(menu) == 0 {
		return head + sayMenuAlone
	}
	return head + "Ask me anything, or send a number:\n" + numbered(menu) + "\n*0* Talk to a person"
}

func sayMenu(menu []domain.FAQ) string {
	if len(menu) == 0 {
		return sayMenuAlone
	}
	return "Ask me anything, or send a number:\n" + numbered(menu) + "\n*0* Talk to a person"
}

func sayChoices(choices []domain.FAQ) string {
	return "I want to be sure. Did you mean:\n" + numbered(choices) + "\n*0* Something else"
}

func numbered(faqs []domain.FAQ) string {
	lines := make([]string, len(faqs))
	for i, f := range faqs {
		lines[i] = fmt.Sprintf("*%d* %s", i+1, clip(f.Questions[0], 60))
	}
	return strings.Join(lines, "\n")
}

// plain takes away the marks WhatsApp would read as formatting.
func plain(s string) string {
	return strings.NewReplacer("*", "", "_", "", "~", "", "`", "").Replace(s)
}
