package bot

import (
	"slices"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

const (
	greetAgainAfter = 14 * 24 * time.Hour
	helloAgainAfter = 6 * time.Hour
)

func (t talk) smallTalk(kind match.SmallTalk) commands.Outcome {
	switch kind {
	case match.Greeting, match.Start:
		return t.greet()
	case match.WantsMenu:
		return t.listing(domain.ReasonMenu, sayMenu(t.menu()))
	case match.WantsHuman:
		return t.handOff(domain.ReasonHuman)
	case match.Thanks:
		if !t.c.Thanked {
			return say(domain.DecideGreeting, domain.ReasonThanks, sayWelcome)
		}
	case match.NotSmallTalk, match.Stop, match.Okay, match.Goodbye, match.Wordless:
	}
	return silent(domain.ReasonSmallTalk)
}

// greet answers a hello: fully who is new or back after a fortnight, shortly once in six hours, then not at all.
func (t talk) greet() commands.Outcome {
	switch {
	case (t.c.GreetedAt.IsZero() || t.isNew()) && t.greets():
		outcome := t.listing(domain.ReasonGreeting, sayGreeting(t.turn.Workspace, t.menu()))
		outcome.Decided.Greeted = true
		return outcome
	case t.now.Sub(t.c.HelloAt) >= helloAgainAfter:
		return say(domain.DecideGreeting, domain.ReasonGreeting, sayHelloAgain)
	}
	return silent(domain.ReasonGreeting)
}

// isNew says whether the customer is new, or back after a fortnight.
func (t talk) isNew() bool {
	return t.now.Sub(t.c.PreviousAt) >= greetAgainAfter && t.now.Sub(t.c.GreetedAt) >= greetAgainAfter
}

// telling is what a burst of nothing but small talk is about: "good morning" and a smile are a greeting.
func telling(texts []string) match.SmallTalk {
	var said []match.SmallTalk
	for _, text := range texts {
		said = append(said, match.Classify(match.Normalise(text)))
	}
	for _, kind := range []match.SmallTalk{match.WantsMenu, match.Greeting, match.Start, match.Thanks} {
		if slices.Contains(said, kind) {
			return kind
		}
	}
	return said[len(said)-1]
}

// greets says whether this workspace greets at all.
func (t talk) greets() bool {
	custom := t.turn.Workspace.Settings.Greeting
	return custom == nil || *custom != ""
}

// greeted puts the greeting before the answer for somebody new, or back after a fortnight: one message, not two.
func (t talk) greeted(o commands.Outcome) commands.Outcome {
	if !t.isNew() || !t.greets() || o.Reply == "" || t.soft() {
		return o
	}
	o.Reply, o.Decided.Greeted = sayGreetingLine(t.turn.Workspace)+"\n\n"+o.Reply, true
	return o
}

// listing says text and lets a number pick from the menu.
func (t talk) listing(why domain.Reason, text string) commands.Outcome {
	outcome := say(domain.DecideGreeting, why, text)
	outcome.Decided.Candidates = []domain.Candidate{}
	for _, f := range t.menu() {
		outcome.Decided.Candidates = append(outcome.Decided.Candidates, domain.Candidate{FAQ: f.ID})
	}
	return outcome
}

func (t talk) menu() []domain.FAQ { return t.k.menu(t.turn.Workspace) }

// handOff steps aside for a person, and says when one will be there.
func (t talk) handOff(why domain.Reason) commands.Outcome {
	w := t.turn.Workspace
	decision, text := domain.DecideFallback, sayHandOff(w)
	if away, closed := sayAway(w, t.now); closed && away != "" && !t.toldSinceClosing() {
		decision, text = domain.DecideAway, away
	}
	outcome := say(decision, why, text)
	outcome.Also = append(outcome.Also, domain.ConversationHandedOff{About: t.turn.About, Reason: why, At: t.now})
	return outcome
}

// toldSinceClosing says whether this customer has heard that nobody is there since the business was last open.
func (t talk) toldSinceClosing() bool {
	schedule := t.turn.Workspace.Schedule()
	return !t.c.AwayAt.IsZero() && !schedule.IsOpen(t.c.AwayAt) && schedule.NextOpen(t.c.AwayAt).Equal(schedule.NextOpen(t.now))
}
