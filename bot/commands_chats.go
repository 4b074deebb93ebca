package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// pauseChatFor is how long one chat is left alone when nothing is said.
const pauseChatFor = 12 * time.Hour

func (o order) zone() *time.Location { return o.turn.Workspace.Zone() }

func (o order) clock(t time.Time) string { return clockIn(t, o.now, o.zone()) }

func pause(o order) commands.Outcome {
	const example = "!pause 2h, !pause until 18:00 or !pause 0803 000 0001 2h"
	if len(o.args) > 0 && (o.facts.person != nil || looksLikePerson(o.args[0])) {
		return pauseChat(o)
	}
	var until time.Time
	if len(o.args) > 0 {
		var ok bool
		if until, ok = parseUntil(o.args, o.now, o.zone()); !ok {
			return o.unread(example)
		}
	}
	text := "⏸ Bot paused until you resume it. Messages are still saved. Send !resume to continue."
	if !until.IsZero() {
		text = fmt.Sprintf("⏸ Bot paused until %s. Messages are still saved. Send !resume to continue.", o.clock(until))
	}
	outcome := o.reply(text)
	outcome.Workspace, _ = o.turn.Workspace.PauseBotAt(until, o.now)
	return outcome
}

// looksLikePerson tells a number from "30m".
func looksLikePerson(word string) bool {
	_, isSpan := parseSpan(strings.ToLower(word))
	isNumber := strings.Trim(word, "0123456789-()") == "" && (word[0] == '0' || len(word) >= 7)
	return !isSpan && (strings.EqualFold(word, "last") || strings.HasPrefix(word, "+") || isNumber)
}

func (o order) nobody() commands.Outcome {
	if len(o.args) == 0 {
		return o.unread(o.name + " 0803 000 0001")
	}
	word, _ := o.who()
	return o.reply("⚙️ Nobody has written from " + clip(word, 20) + ".")
}

func (o order) about(p Person) domain.About {
	return domain.About{WorkspaceID: o.turn.About.WorkspaceID, CustomerID: p.CustomerID}
}

// inChat is an effect on the chat with a customer.
func (o order) inChat(p Person, events ...domain.Event) commands.Effect {
	stream := domain.ConversationStream(o.turn.About.WorkspaceID, p.CustomerID)
	return commands.Change(stream, func(domain.Conversation) ([]domain.Event, error) { return events, nil })
}

func pauseChat(o order) commands.Outcome {
	if o.facts.person == nil {
		return o.nobody()
	}
	until := o.now.Add(pauseChatFor)
	if _, n := o.who(); len(o.args) > n {
		var ok bool
		if until, ok = parseUntil(o.args[n:], o.now, o.zone()); !ok {
			return o.unread("!pause 0803 000 0001 2h")
		}
	}
	p := *o.facts.person
	taken := domain.ConversationTakenOver{About: o.about(p), MemberID: o.turn.Workspace.Phones[o.turn.About.CustomerID], Until: until}
	return o.does(fmt.Sprintf("⏸ Quiet with %s until %s.", p.Shown(), o.clock(until)), "", o.inChat(p, taken))
}

func resume(o order) commands.Outcome {
	if len(o.args) > 0 {
		if o.facts.person == nil {
			return o.nobody()
		}
		p := *o.facts.person
		return o.does(fmt.Sprintf("▶️ I'm answering %s again.", p.Shown()), "", o.inChat(p, domain.ConversationGivenBack{About: o.about(p), At: o.now}))
	}
	text := "▶️ Bot is live."
	if o.turn.Workspace.Pause.On {
		text = fmt.Sprintf("▶️ Bot is live. %s came in while paused; !waiting lists them.", countOf(o.facts.cameIn, "chat"))
	}
	outcome := o.reply(text)
	outcome.Workspace, _ = o.turn.Workspace.ResumeBot()
	return outcome
}

func countOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

const maxWaitingShown = 5

func waiting(o order) commands.Outcome {
	if len(o.facts.waiting) == 0 {
		return o.reply("✅ Nobody is waiting.")
	}
	lines := []string{fmt.Sprintf("⚙️ %d waiting:", len(o.facts.waiting))}
	listed := make([]string, 0, maxWaitingShown)
	for i, p := range o.facts.waiting[:min(maxWaitingShown, len(o.facts.waiting))] {
		minutes := int(o.now.Sub(p.Since).Minutes())
		who := p.Shown()
		if p.Urgent {
			who = "❗ " + who
		}
		lines = append(lines, fmt.Sprintf("%d. %s, %d min: %s", i+1, who, minutes, quoted(clip(oneLine(p.Text), 60))))
		listed = append(listed, string(p.CustomerID))
	}
	if len(o.facts.waiting) > maxWaitingShown {
		lines = append(lines, "More: "+o.facts.link)
	}
	outcome := o.reply(strings.Join(lines, "\n"))
	outcome.Done = &domain.CommandCarriedOut{ListedKind: "waiting", Listed: listed}
	return outcome
}

// quoted puts words between quotes as they are; %q would spell out quotes and the joiners within emoji.
func quoted(s string) string { return `"` + s + `"` }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// listed is what a number of the last list of a kind stands for. "+1" is how a phone number begins, and no place.
func (o order) listed(kind, word string) (id string, listed bool) {
	n, err := strconv.Atoi(word)
	l := o.turn.Conversation.Listed
	if err != nil || word[0] == '+' || l.Kind != kind || o.now.Sub(l.At) > domain.ListedFor || n < 1 || n > len(l.IDs) {
		return "", false
	}
	return l.IDs[n-1], true
}

func replyTo(o order) commands.Outcome {
	_, n := o.who()
	text := unquote(afterWords(o.text, 1+n))
	if text == "" {
		return o.unread("!reply 1 It is on its way.")
	}
	to := o.facts.person
	if to == nil {
		if len(o.args[0]) <= 2 {
			return o.reply("⚙️ Send *!waiting* first, then !reply with a number from its list.")
		}
		return o.nobody()
	}
	outcome := o.does(fmt.Sprintf("✅ Sent to %s. I'll stay quiet there for %s.", to.Shown(), spanWords(o.turn.Workspace.Settings)), "")
	outcome.Send = &commands.Send{CustomerID: to.CustomerID, Text: text}
	return outcome
}

// spanWords says how long the bot stays quiet.
func spanWords(s domain.Settings) string {
	if s.QuietMinutes != nil && *s.QuietMinutes == 0 {
		return "as long as you don't send !resume"
	}
	minutes := int(s.Quiet().Minutes())
	if minutes < 60 {
		return fmt.Sprintf("%d minutes", minutes)
	}
	return countOf(minutes/60, "hour")
}

func ignore(o order) commands.Outcome {
	on := o.name == "!ignore"
	if o.facts.person == nil {
		word, _ := o.who()
		phone, ok := readPhone(word, o.facts.day.Connected.Phone)
		if !ok || !on {
			return o.nobody()
		}
		outcome := o.does(fmt.Sprintf("🙈 I won't answer %s.", showPhone(phone)), "whom I ignore") // before they ever wrote
		outcome.Ignore = phone
		return outcome
	}
	p := *o.facts.person
	text := fmt.Sprintf("🙈 I won't answer %s.", Person{Phone: p.Phone}.Shown())
	if !on {
		text = fmt.Sprintf("▶️ I'm answering %s again.", p.Shown())
	}
	stream := domain.CustomerStream(o.turn.About.WorkspaceID, p.CustomerID)
	return o.does(text, "whom I ignore", commands.Change(stream, func(c domain.Customer) ([]domain.Event, error) {
		return c.Ignore(o.about(p), on)
	}))
}

func ignored(o order) commands.Outcome {
	if len(o.facts.ignored) == 0 {
		return o.reply("🙈 Nobody is ignored.")
	}
	lines := []string{"🙈 Ignored:"}
	for _, p := range o.facts.ignored {
		lines = append(lines, p.Shown())
	}
	return o.reply(strings.Join(lines, "\n"))
}
