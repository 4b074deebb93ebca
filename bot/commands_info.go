package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func status(o order) commands.Outcome {
	w, day := o.turn.Workspace, o.facts.day
	return o.reply(fmt.Sprintf("⚙️ %s\nToday: %d customers · %d%% answered by bot · %d waiting\nPlan: %s",
		o.headline(), day.Customers, day.AnsweredPercent, day.Waiting, planLine(w.Plan, o.now)))
}

// headline says in one line how things stand.
func (o order) headline() string {
	w, c := o.turn.Workspace, o.facts.day.Connected
	switch {
	case w.Suspended:
		return "🔴 " + domain.ReasonSuspended.Sentence()
	case !w.Plan.Serving(o.now):
		return "🔴 " + o.missedLine()
	case c.Status == domain.Reconnecting:
		return "🟡 Reconnecting. " + c.Reason.Sentence()
	case c.Status == domain.Disconnected:
		return "🔴 Not connected. " + c.Reason.Sentence()
	case w.Pause.Active(o.now) && w.Pause.Until.IsZero():
		return "⏸ Paused until you send !resume"
	case w.Pause.Active(o.now):
		return "⏸ Paused until " + o.clock(w.Pause.Until)
	}
	return fmt.Sprintf("🟢 Live on %s since %s", showPhone(c.Phone), o.clock(c.LastConnectedAt))
}

// missedLine counts who wrote in vain since the plan ended.
func (o order) missedLine() string {
	if o.facts.day.Missed == 0 {
		return "Your plan has ended. Messages are saved, none are answered."
	}
	since := o.facts.day.MissedSince.In(o.zone())
	when := since.Format("Monday")
	if o.now.Sub(since) > 6*24*time.Hour {
		when = since.Format("2 January")
	}
	return fmt.Sprintf("%s wrote since %s. Renew to answer again.", countOf(o.facts.day.Missed, "customer"), when)
}

func planLine(p domain.Plan, now time.Time) string {
	name := strings.ReplaceAll(string(p.State), "_", " ")
	if p.Until.IsZero() || !now.Before(p.Until) {
		return name
	}
	return fmt.Sprintf("%s, %s left", name, countOf(daysLeft(p, now), "day"))
}

// daysLeft counts a day that has begun.
func daysLeft(p domain.Plan, now time.Time) int {
	const day = 24 * time.Hour
	return int((p.Until.Sub(now) + day - 1) / day)
}

func plan(o order) commands.Outcome {
	p := o.turn.Workspace.Plan
	name := strings.ReplaceAll(string(p.State), "_", " ")
	switch {
	case !p.Serving(o.now):
		return o.reply(fmt.Sprintf("💳 %s: %s Renew: %s", name, o.missedLine(), o.facts.link))
	case p.Until.IsZero():
		return o.reply(fmt.Sprintf("💳 %s. Renew: %s", name, o.facts.link))
	}
	return o.reply(fmt.Sprintf("💳 %s: %s left. Renew: %s", name, countOf(daysLeft(p, o.now), "day"), o.facts.link))
}

// since is where the span of !stats begins, on the workspace's clock.
func (o order) since() time.Time {
	local := o.now.In(o.zone())
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, o.zone())
	switch o.span() {
	case "week":
		return midnight.AddDate(0, 0, -6)
	case "month":
		return midnight.AddDate(0, 0, -29)
	}
	return midnight
}

func (o order) span() string {
	if len(o.args) == 0 {
		return "today"
	}
	return strings.ToLower(o.args[0])
}

func stats(o order) commands.Outcome {
	name, ok := map[string]string{"today": "Today", "week": "Last 7 days", "month": "Last 30 days"}[o.span()]
	if !ok {
		return o.unread("!stats week")
	}
	s := o.facts.stats
	text := fmt.Sprintf("📊 %s: %d customers, %d messages\nBot answered %d%% · asked to choose %d%% · passed to you %d%%",
		name, s.Customers, s.Messages, s.Answered, s.Choices, s.HandedOver)
	if len(s.Top) > 0 {
		top := make([]string, 0, 3)
		for i, q := range s.Top[:min(3, len(s.Top))] {
			top = append(top, fmt.Sprintf("%d) %s", i+1, clip(q, 60)))
		}
		text += "\nTop: " + strings.Join(top, " ")
	}
	return o.reply(text)
}

func team(o order) commands.Outcome {
	if len(o.args) > 0 {
		return o.unknownSecond(teamExample)
	}
	lines := []string{"⚙️ Team:"}
	for _, m := range o.facts.team {
		known := append([]string{}, m.Name)
		for _, phone := range m.Phones {
			known = append(known, showPhone(phone))
		}
		lines = append(lines, strings.TrimLeft(strings.Join(append(known, string(m.Role)), ", "), ", "))
	}
	return o.reply(strings.Join(lines, "\n"))
}

const teamExample = "!team add +234 803 000 0001 agent"

// addToTeam offers a number; it may command once it has sent the code that the dashboard shows.
func addToTeam(o order) commands.Outcome {
	word, n := o.who()
	phone, ok := readPhone(word, o.facts.day.Connected.Phone)
	role := domain.RoleAgent
	if len(o.args) > n {
		role = domain.Role(strings.ToLower(o.args[n]))
	}
	if !ok || len(o.args) > n+1 || role != domain.RoleAgent && role != domain.RoleAdmin {
		return o.unread(teamExample)
	}
	outcome := o.does("✅ Code sent to the dashboard. They must enter it within 15 min.", "")
	outcome.Offer = &commands.OfferNumber{Phone: phone, Role: role}
	return outcome
}

// removeFromTeam takes a number's commands away. Who signs in by e-mail stays a member.
func removeFromTeam(o order) commands.Outcome {
	word, _ := o.who()
	phone, ok := readPhone(word, o.facts.day.Connected.Phone)
	if !ok {
		return o.unread("!team del +234 803 000 0001")
	}
	outcome := o.does(fmt.Sprintf("✅ %s can't send commands any more.", showPhone(phone)), "")
	outcome.Withdraw = phone
	if o.facts.person == nil {
		return outcome
	}
	holder := o.turn.Workspace.Phones[o.facts.person.CustomerID]
	hasAccount := slices.ContainsFunc(o.facts.team, func(m Teammate) bool { return m.ID == holder && m.Name != "" })
	outcome.Effects = append(outcome.Effects, commands.Change(domain.WorkspaceStream(o.turn.About.WorkspaceID), func(w domain.Workspace) ([]domain.Event, error) {
		switch {
		case holder == "":
			return nil, nil
		case hasAccount:
			return w.RemoveNumbers(holder), nil
		}
		return w.RemoveMember(holder)
	}))
	return outcome
}

// dashboard sends a link that signs in once. It is put in its place when the reply leaves, so that it is in no log.
func dashboard(o order) commands.Outcome { return o.reply(commands.SignInReply) }
