package bot

import (
	"fmt"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Today is what !status says of the day so far.
type Today struct {
	Connected       domain.Connection
	Customers       int
	AnsweredPercent int
	Waiting         int
}

// ownerCommand is one !word: what it does, in the owner's words and as events.
type ownerCommand struct {
	help string
	run  func(order) (reply string, changes []domain.Event)
}

// order is one !command as it was written, with what it may look at.
type order struct {
	args []string
	w    domain.Workspace
	day  Today
	now  time.Time
}

var ownerCommands = map[string]ownerCommand{ //nolint:gochecknoglobals // a constant table
	"!status": {"what is going on", status},
	"!pause":  {"stop answering, for example !pause 2h or !pause until 18:00", pause},
	"!resume": {"answer again", resume},
}

// commandOrder is the order in which !help lists the commands.
var commandOrder = []string{"!status", "!pause", "!resume", "!help"} //nolint:gochecknoglobals // a constant table

// Command decides what an owner's !command does. It always answers: nobody else can write in the self-chat.
func Command(text string, w domain.Workspace, day Today, now time.Time) commands.Outcome {
	words := strings.Fields(text)
	name := strings.ToLower(words[0])
	reply, changes := "", []domain.Event(nil)
	switch c, known := ownerCommands[name]; {
	case name == "!help":
		reply = helpText()
	case known:
		reply, changes = c.run(order{args: words[1:], w: w, day: day, now: now})
	default:
		reply = unknownCommand(name)
	}
	return commands.Outcome{
		Decided:   domain.ReplyDecided{Decision: domain.DecideCommand, Why: domain.ReasonCommand},
		Reply:     reply,
		Workspace: changes,
	}
}

func helpText() string {
	lines := []string{"⚙️ Commands"}
	for _, name := range commandOrder {
		help := "this list"
		if c, ok := ownerCommands[name]; ok {
			help = c.help
		}
		lines = append(lines, fmt.Sprintf("*%s* %s", name, help))
	}
	return strings.Join(lines, "\n")
}

func unknownCommand(name string) string {
	best, distance := "", 3
	for _, known := range commandOrder {
		if d := editDistance(name, known); d < distance {
			best, distance = known, d
		}
	}
	if best == "" {
		return fmt.Sprintf("⚙️ I don't know %q. Send *!help* for what I can do.", clip(name, 40))
	}
	return fmt.Sprintf("⚙️ I don't know %q. Did you mean *%s*?", clip(name, 40), best)
}

func pause(o order) (string, []domain.Event) {
	var until time.Time
	if len(o.args) > 0 {
		var ok bool
		if until, ok = parseUntil(o.args, o.now, zoneOf(o.w.Timezone)); !ok {
			return "⚙️ I couldn't read that. Example: !pause 2h or !pause until 18:00", nil
		}
	}
	changes, _ := o.w.PauseBot(until)
	if until.IsZero() {
		return "⏸ Bot paused until you resume it. Messages are still saved. Send !resume to continue.", changes
	}
	clock := clockIn(until, o.now, zoneOf(o.w.Timezone))
	return fmt.Sprintf("⏸ Bot paused until %s. Messages are still saved. Send !resume to continue.", clock), changes
}

func resume(o order) (string, []domain.Event) {
	changes, _ := o.w.ResumeBot()
	return "▶️ Bot is live.", changes
}

func status(o order) (string, []domain.Event) {
	zone := zoneOf(o.w.Timezone)
	head := fmt.Sprintf("🟢 Live on %s since %s", showPhone(o.day.Connected.Phone), clockIn(o.day.Connected.LastConnectedAt, o.now, zone))
	switch {
	case o.w.Suspended:
		head = "🔴 " + domain.ReasonSuspended.Sentence()
	case !o.w.Plan.Serving(o.now):
		head = "🔴 Your plan has ended. Messages are saved, none are answered."
	case o.w.Pause.Active(o.now) && o.w.Pause.Until.IsZero():
		head = "⏸ Paused until you send !resume"
	case o.w.Pause.Active(o.now):
		head = "⏸ Paused until " + clockIn(o.w.Pause.Until, o.now, zone)
	}
	return fmt.Sprintf("⚙️ %s\nToday: %d customers · %d%% answered by bot · %d waiting\nPlan: %s",
		head, o.day.Customers, o.day.AnsweredPercent, o.day.Waiting, planLine(o.w.Plan, o.now)), nil
}

func planLine(p domain.Plan, now time.Time) string {
	name := strings.ReplaceAll(string(p.State), "_", " ")
	if p.Until.IsZero() || !now.Before(p.Until) {
		return name
	}
	days := int(p.Until.Sub(now).Hours()+23) / 24
	return fmt.Sprintf("%s, %d days left", name, days)
}

// showPhone groups a number for reading: 2348030000001 becomes +234 803 000 0001.
func showPhone(digits string) string {
	if len(digits) != 13 || !strings.HasPrefix(digits, "234") {
		return "+" + digits
	}
	return "+" + digits[:3] + " " + digits[3:6] + " " + digits[6:9] + " " + digits[9:]
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// editDistance is Levenshtein's: how many letters to insert, delete or replace.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		previous := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			previous, row[j] = row[j], min(row[j]+1, row[j-1]+1, previous+cost)
		}
	}
	return row[len(b)]
}
