package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// order is one !command as it was written, by whom, with what it may look at. Carrying it out is pure.
type order struct {
	name   string   // "!faq add"
	args   []string // words after the name
	rest   string   // the same as it was written, without quotes around it
	turn   commands.Turn
	role   domain.Role
	k      *Knowledge
	now    time.Time
	facts  facts
	text   string
	answer bool          // the word an earlier command waits for
	age    time.Duration // how long it was under way
}

// facts are what the desk said.
type facts struct {
	day     Today
	waiting []Waiting
	stats   Stats
	missed  []Missed
	person  *Person
	ignored []Person
	team    []Teammate
	asked   int
	cameIn  int
	link    string
}

// parseOrder reads a command. It answers false for something that is none.
func parseOrder(text string) (name string, args []string, rest string, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "!") {
		return "", nil, "", false
	}
	words := strings.Fields(text)
	first := strings.ToLower(words[0])
	if first == "!" && len(words) > 1 { // "! status"
		first, words = "!"+strings.ToLower(words[1]), words[1:]
	}
	name, args = first, words[1:]
	if len(args) > 0 && takesSecond(first, strings.ToLower(args[0])) {
		name, args = name+" "+strings.ToLower(args[0]), args[1:]
	}
	return name, args, unquote(afterWords(text, len(strings.Fields(text))-len(args))), true
}

// takesSecond says whether a word belongs to the command's name.
func takesSecond(first, second string) bool {
	_, ok := ownerCommands()[first+" "+second]
	return ok
}

// afterWords is the text after the first n words, with its spaces as they are.
func afterWords(text string, n int) string {
	for range n {
		text = strings.TrimLeft(text, " \t\r\n")
		end := strings.IndexAny(text, " \t\r\n")
		if end < 0 {
			return ""
		}
		text = text[end:]
	}
	return strings.TrimSpace(text)
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' && strings.Count(s, `"`) == 2 {
		return s[1 : len(s)-1]
	}
	return s
}

// fields splits "question | answer".
func (o order) fields() (first, second string) {
	first, second, _ = strings.Cut(o.rest, "|")
	return unquote(strings.TrimSpace(first)), unquote(strings.TrimSpace(second))
}

// command decides what somebody in charge asks for.
func (t *Turns) command(ctx context.Context, turn commands.Turn, m domain.TurnMessage, k *Knowledge, now time.Time) (commands.Outcome, error) {
	o := newOrder(turn, m.Text, k, now)
	facts, err := t.look(ctx, o)
	if err != nil {
		t.Log.ErrorContext(ctx, "command failed", "workspace_id", turn.About.WorkspaceID, "command", o.name, "code", codeOf(m.ID), "error", err)
		return o.reply(sayBroken(m.ID)), ctx.Err()
	}
	o.facts, o.age = facts, m.ReceivedAt.Sub(m.SentAt)
	return carryOut(o), nil
}

func newOrder(turn commands.Turn, text string, k *Knowledge, now time.Time) order {
	o := order{turn: turn, text: strings.TrimSpace(text), k: k, now: now, role: turn.Workspace.RoleOf(turn.About.CustomerID)}
	if o.role == "" {
		o.role = domain.RoleOwner // the self-chat is on the business's own phone
	}
	o.name, o.args, o.rest, _ = parseOrder(text)
	waits := turn.Conversation.Confirm.Word
	o.answer = waits != "" && (strings.EqualFold(o.text, waits) || o.text == "!"+waits || waits == wordYes && strings.EqualFold(o.text, "!"+waits))
	return o
}

// look asks the desk for what the command needs.
func (t *Turns) look(ctx context.Context, o order) (f facts, err error) {
	w, desk := o.turn.About.WorkspaceID, t.Desk
	c, known := ownerCommands()[o.name]
	if !known && !o.answer {
		return facts{}, nil
	}
	if f.day, err = t.Day(ctx, w); err != nil {
		return facts{}, err
	}
	if f.link, err = desk.Link(ctx, w); err != nil {
		return facts{}, err
	}
	if o.answer && o.turn.Conversation.Confirm.Action == actionAnswer {
		c.needs = needsMissed
	}
	switch c.needs {
	case needsNothing:
	case needsWaiting:
		f.waiting, err = desk.Waiting(ctx, w)
	case needsStats:
		f.stats, err = desk.Stats(ctx, w, o.since(), o.now)
	case needsMissed:
		f.missed, err = desk.Missed(ctx, w)
	case needsPerson:
		if since := o.turn.Workspace.Pause.Since; o.turn.Workspace.Pause.On && !since.IsZero() {
			f.cameIn, err = desk.CameIn(ctx, w, since)
		}
		if err == nil {
			f.person, err = t.person(ctx, o, f.day.Connected.Phone)
		}
	case needsAddressee:
		if id, ok := o.listed("waiting", firstOf(o.args)); ok {
			f.person, err = found(desk.Person(ctx, w, domain.CustomerID(id)))
		} else {
			f.person, err = t.person(ctx, o, f.day.Connected.Phone)
		}
	case needsIgnored:
		f.ignored, err = desk.Ignored(ctx, w)
	case needsTeam:
		f.team, err = desk.Team(ctx, w)
	case needsHolder:
		if f.person, err = t.person(ctx, o, f.day.Connected.Phone); err == nil {
			f.team, err = desk.Team(ctx, w)
		}
	case needsAsked:
		if faq, ok := o.faq(); ok {
			f.asked, err = desk.Asked(ctx, w, faq.ID, o.now.AddDate(0, 0, -30))
		}
	}
	return f, err
}

// person is whom the command's first word names: a number, or "last".
func (t *Turns) person(ctx context.Context, o order, own string) (*Person, error) {
	word, _ := o.who()
	var p Person
	var ok bool
	var err error
	if strings.EqualFold(word, "last") {
		p, ok, err = t.Desk.LastPerson(ctx, o.turn.About.WorkspaceID)
	} else if phone, isPhone := readPhone(word, own); isPhone {
		p, ok, err = t.Desk.PersonByPhone(ctx, o.turn.About.WorkspaceID, phone)
	}
	return found(p, ok, err)
}

func found(p Person, ok bool, err error) (*Person, error) {
	if !ok {
		return nil, err
	}
	return &p, err
}

// who is the command's first word, or all the words of a number written in groups, and how many they are.
func (o order) who() (word string, words int) {
	if len(o.args) == 0 {
		return "", 0
	}
	word = o.args[0]
	most := map[byte]int{'0': 11, '+': 14}[word[0]] // characters of a number written out; 0 for what is none
	for words = 1; words < len(o.args) && len(word) < most && isGroup(o.args[words]); words++ {
		word += o.args[words]
	}
	return word, words
}

// isGroup says whether a word is a group of digits within a phone number, rather than a figure such as "20".
func isGroup(word string) bool { return len(word) >= 3 && strings.Trim(word, "0123456789-()") == "" }

// shortestLocal is how many digits a number written without its country has at least.
const shortestLocal = 9

// readPhone reads +234 803…, 234803… or 0803…, the last with the country of the business's own number.
func readPhone(s, own string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if strings.HasPrefix(digits, "0") && len(digits) < shortestLocal {
		return "", false
	}
	if strings.HasPrefix(digits, "0") && len(own) > len(digits)-1 {
		digits = own[:len(own)-len(digits)+1] + digits[1:]
	}
	strange := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("+-() 0123456789", r) }) >= 0
	return digits, !strange && domain.ValidPhone(digits)
}

// carryOut decides what a command does. It is silent about what is no command.
func carryOut(o order) commands.Outcome {
	c, known := ownerCommands()[o.name]
	switch {
	case o.turn.Conversation.TooManyCommands(o.now) && !o.turn.Unpaced:
		return silent(domain.ReasonRateLimited)
	case o.age > domain.ReplyDeadline:
		return silent(domain.ReasonTooOld)
	case o.answer:
		return o.confirmed()
	case !strings.HasPrefix(o.text, "!"):
		return silent(domain.ReasonOwnNote)
	case o.turn.Workspace.Suspended && known && !c.always:
		return o.reply("🔴 " + domain.ReasonSuspended.Sentence())
	case !o.turn.Workspace.Plan.Serving(o.now) && known && !c.always:
		return o.reply(fmt.Sprintf("🔴 Your plan has ended. Renew: %s", o.facts.link))
	case !known:
		return o.reply(unknownCommand(o.name))
	case !mayCommand(o.role, c.role):
		return o.reply("⚙️ Only " + allowedTo(c.role) + " can do that.")
	case o.age > domain.FreshFor && !c.late: // "last" may be somebody else by now, and the wish another
		return o.reply(fmt.Sprintf("⚙️ That reached me %s late. Nothing was changed; send it again if you still want it.", countOf(int(o.age.Minutes()), "minute")))
	}
	outcome := c.run(o)
	if outcome.Done == nil {
		outcome.Done = &domain.CommandCarriedOut{}
	}
	outcome.Done.Command, outcome.Done.Role = o.name, o.role
	outcome.Refused = func(e *domain.Error) string { return "⚙️ " + e.Message }
	return outcome
}

func mayCommand(have, need domain.Role) bool {
	ranks := []domain.Role{domain.RoleAgent, domain.RoleAdmin, domain.RoleOwner}
	return slices.Index(ranks, have) >= slices.Index(ranks, need)
}

func allowedTo(need domain.Role) string {
	if need == domain.RoleOwner {
		return "the owner"
	}
	return "the owner or an admin"
}

// reply answers a command without changing anything.
func (o order) reply(text string) commands.Outcome {
	return commands.Outcome{Decided: domain.ReplyDecided{Decision: domain.DecideCommand, Why: domain.ReasonCommand}, Reply: text}
}

func (o order) unread(example string) commands.Outcome {
	return o.reply("⚙️ I couldn't read that. Example: " + example)
}

// does answers a command that changes something; what is how !undo will call it.
func (o order) does(text, what string, effects ...commands.Effect) commands.Outcome {
	outcome := o.reply(text)
	outcome.Effects, outcome.Done = effects, &domain.CommandCarriedOut{What: what}
	return outcome
}

func sayBroken(id domain.MessageID) string {
	return fmt.Sprintf("⚙️ Something went wrong on our side (code %s). Nothing was changed.", codeOf(id))
}

// codeOf is under what a command that failed is found in the program's own log.
func codeOf(id domain.MessageID) string {
	return domain.DeriveID(domain.Namespace, "trouble", string(id))[:6]
}
