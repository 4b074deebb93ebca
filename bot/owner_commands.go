package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// need is what a command asks of the desk.
type need int

const (
	needsNothing need = iota
	needsWaiting
	needsStats
	needsMissed
	needsPerson
	needsAddressee // a person, or a number of the last list
	needsIgnored
	needsTeam
	needsHolder
	needsAsked
)

// ownerCommand is one !word.
type ownerCommand struct {
	role   domain.Role // the least that may use it
	help   string      // empty: not listed
	needs  need
	always bool // also when the plan has ended
	late   bool // also when it comes minutes late: it only tells something, or makes the bot quieter
	run    func(order) commands.Outcome
}

// ownerCommands are all commands by name.
func ownerCommands() map[string]ownerCommand {
	const agent, admin, owner = domain.RoleAgent, domain.RoleAdmin, domain.RoleOwner
	return map[string]ownerCommand{
		"!help":       {role: agent, help: "this list; !help faq for more", always: true, late: true, run: help},
		"!status":     {role: agent, help: "what is going on", always: true, late: true, run: status},
		"!pause":      {role: agent, help: "stop answering: !pause 2h, !pause until 18:00, !pause 0803… 2h for one chat", needs: needsPerson, late: true, run: pause},
		"!resume":     {role: agent, help: "answer again: everywhere, or !resume 0803… in one chat", needs: needsPerson, run: resume},
		"!waiting":    {role: agent, help: "who waits for a person", needs: needsWaiting, late: true, run: waiting},
		"!reply":      {role: agent, help: "answer somebody: !reply 1 On its way", needs: needsAddressee, run: replyTo},
		"!stats":      {role: agent, help: "figures: !stats today, week or month", needs: needsStats, late: true, run: stats},
		"!faq":        {role: agent, help: "your FAQs; !help faq for more", late: true, run: listFAQs},
		"!faq show":   {role: agent, needs: needsAsked, late: true, run: showFAQ},
		"!faq add":    {role: admin, run: addFAQ},
		"!faq add!":   {role: admin, run: addFAQ},
		"!faq edit":   {role: admin, run: editFAQ},
		"!faq pidgin": {role: admin, run: pidginFAQ},
		"!faq alias":  {role: admin, run: aliasFAQ},
		"!faq alias!": {role: admin, run: aliasFAQ},
		"!faq off":    {role: admin, run: switchFAQ},
		"!faq off!":   {role: admin, run: switchFAQ},
		"!faq on":     {role: admin, run: switchFAQ},
		"!faq on!":    {role: admin, run: switchFAQ},
		"!faq del":    {role: admin, run: deleteFAQ},
		"!test":       {role: agent, help: "try a question; nothing is sent", late: true, run: test},
		"!missed":     {role: agent, help: "questions without an answer", needs: needsMissed, late: true, run: missed},
		"!answer":     {role: admin, help: "answer one: !answer 1 | Yes, we do", needs: needsMissed, run: answerMissed},
		"!answer!":    {role: admin, needs: needsMissed, run: answerMissed},
		"!hours":      {role: admin, help: "opening hours: !hours mon-fri 9-18", run: hours},
		"!away":       {role: admin, help: "what customers read when nobody is there", run: away},
		"!greeting":   {role: admin, help: "how new customers are greeted", run: greeting},
		"!holiday":    {role: admin, help: "!holiday until 2 Jan, !holiday off", run: holiday},
		"!ignore":     {role: agent, help: "never answer a number: !ignore 0803…", needs: needsPerson, late: true, run: ignore},
		"!unignore":   {role: agent, help: "answer it again", needs: needsPerson, run: ignore},
		"!ignored":    {role: agent, help: "who is ignored", needs: needsIgnored, late: true, run: ignored},
		"!quiet":      {role: admin, help: "how long I stay quiet after you reply: !quiet 15m, 1h, 4h, 12h or on", run: quiet},
		"!alerts":     {role: agent, help: "when you are told: !alerts on, off or quiet 22-7", run: alerts},
		"!team":       {role: owner, help: "who may command; !help team for more", needs: needsTeam, late: true, run: team},
		"!team add":   {role: owner, run: addToTeam},
		"!team del":   {role: owner, needs: needsHolder, run: removeFromTeam},
		"!plan":       {role: owner, help: "your plan", always: true, late: true, run: plan},
		"!renew":      {role: owner, help: "renew it", always: true, late: true, run: plan},
		"!dashboard":  {role: agent, help: "a link to sign in, good for 10 minutes", run: dashboard},
		"!undo":       {role: admin, help: "undo the last change, within 10 minutes", run: undo},
		"!disconnect": {role: owner, help: "unlink this number", always: true, run: disconnect},
	}
}

// commandOrder is the order in which !help lists the commands.
func commandOrder() []string {
	return []string{
		"!status", "!pause", "!resume", "!waiting", "!reply", "!stats", "!faq", "!test", "!missed", "!answer", "!hours", "!away", "!greeting",
		"!holiday", "!ignore", "!unignore", "!ignored", "!quiet", "!alerts", "!team", "!plan", "!renew", "!dashboard", "!undo", "!disconnect", "!help",
	}
}

const helpTeam = `⚙️ Team
*!team* lists it
*!team add 0803… agent* (or admin): the dashboard shows a code, which that phone sends here within 15 min
*!team del 0803…*`

const helpFAQ = `⚙️ FAQs
*!faq* lists them, *!faq 2* the next page
*!faq show #3*
*!faq add* question | answer
*!faq edit #3* | new answer
*!faq pidgin #3* | answer for who asks in Pidgin
*!faq alias #3* another way to ask
*!faq off #3*, *!faq on #3*
*!faq del #3*
In spite of a warning (very close to another FAQ, or a saved test fails): *!faq add!*, *!faq alias!*, *!faq off!*, *!faq on!*, *!answer!*`

func help(o order) commands.Outcome {
	if len(o.args) > 0 && strings.EqualFold(strings.TrimPrefix(o.args[0], "!"), "faq") {
		return o.reply(helpFAQ)
	}
	if len(o.args) > 0 && strings.EqualFold(strings.TrimPrefix(o.args[0], "!"), "team") && o.role == domain.RoleOwner {
		return o.reply(helpTeam)
	}
	lines, all := []string{"⚙️ Commands"}, ownerCommands()
	for _, name := range commandOrder() {
		if mayCommand(o.role, all[name].role) {
			lines = append(lines, fmt.Sprintf("*%s* %s", name, all[name].help))
		}
	}
	return o.reply(strings.Join(lines, "\n"))
}

func unknownCommand(name string) string {
	best := nearest(name, commandOrder(), maxSlips)
	if best == "" {
		return fmt.Sprintf("⚙️ I don't know %s. Send *!help* for what I can do.", quoted(clip(name, 40)))
	}
	return fmt.Sprintf("⚙️ I don't know %s. Did you mean *%s*?", quoted(clip(name, 40)), best)
}

// unknownSecond answers a command like !faq whose second word is none of its own: with the nearest that is, else an example.
func (o order) unknownSecond(example string) commands.Outcome {
	second := strings.ToLower(o.args[0])
	name := o.name + " " + second
	own := slices.DeleteFunc(slices.Sorted(maps.Keys(ownerCommands())), func(known string) bool { return !strings.HasPrefix(known, o.name+" ") })
	best := nearest(name, own, min(maxSlips, len(second)-1))
	if best == "" {
		return o.unread(example)
	}
	return o.reply(fmt.Sprintf("⚙️ I don't know %s. Did you mean *%s*?", quoted(clip(name, 40)), best))
}

// maxSlips is how many letters of a command may be wrong for it still to be the one that was meant.
const maxSlips = 2

// nearest is the command that a word is nearest to, the first of several; empty when it has more slips than that.
func nearest(name string, all []string, slips int) string {
	best, distance := "", slips+1
	for _, known := range all {
		if d := editDistance(name, known); d < distance {
			best, distance = known, d
		}
	}
	return best
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

// maxDistance bounds the work a long word can cause.
const maxDistance = 40

// editDistance is Levenshtein's: how many letters to insert, delete or replace.
func editDistance(a, b string) int {
	if len(a) > maxDistance {
		return maxDistance
	}
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
