package bot

import (
	"fmt"
	"strings"

	"switchboard.example/domain"
)

// What the bot says. Every greeting and fallback names the way to a person.
const (
	sayHelloAgain = "Hello 👋 How can I help? Send *menu* to see options."
	sayWelcome    = "You're welcome 🙏"
	sayFallback   = "I don't have that answer yet. I've passed it to the team. Reply *menu* for what I can help with, or *0* for a person."
	sayOtherWords = "Okay. Please ask in other words, or reply *0* again to talk to a person."
	sayStopped    = "Okay, you won't get automatic messages from us any more. Send *START* to get them again."
	sayStarted    = "Welcome back 👋 Ask me anything, or reply *0* for a person."
)

const (
	maxChoices = 3 // in a did-you-mean
	maxMenu    = 5 // in a menu
)

func sayHandOff(w domain.Workspace) string {
	return fmt.Sprintf("Okay, someone from *%s* will reply here. I'll stay quiet now.", plain(w.Name))
}

func sayGreeting(w domain.Workspace, menu []domain.FAQ) string {
	head := fmt.Sprintf("Hi 👋 Welcome to *%s*. I'm the automatic assistant.\n", plain(w.Name))
	if len(menu) == 0 {
		return head + "Ask me anything, or reply *0* to talk to a person."
	}
	return head + "Ask me anything, or send a number:\n" + numbered(menu) + "\n*0* Talk to a person"
}

func sayMenu(menu []domain.FAQ) string {
	if len(menu) == 0 {
		return "Ask me anything, or reply *0* to talk to a person."
	}
	return "Send a number:\n" + numbered(menu) + "\n*0* Talk to a person"
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
