package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// sets is a command that changes settings.
func (o order) sets(text, what string, change domain.SettingsChange) commands.Outcome {
	stream := domain.WorkspaceStream(o.turn.About.WorkspaceID)
	return o.does(text, what, commands.Change(stream, func(w domain.Workspace) ([]domain.Event, error) { return w.ChangeSettings(change) }))
}

func hours(o order) commands.Outcome {
	const example = "!hours mon-fri 9-18 or !hours sun closed"
	have := o.turn.Workspace.Settings.Hours
	if len(o.args) == 0 {
		if have == nil {
			return o.reply(fmt.Sprintf("🕘 Always open (%s)", o.turn.Workspace.Timezone))
		}
		return o.reply(o.hoursLine(*have))
	}
	if len(o.args) == 1 && (strings.EqualFold(o.args[0], "off") || strings.EqualFold(o.args[0], "always")) {
		return o.sets(fmt.Sprintf("🕘 Always open (%s)", o.turn.Workspace.Timezone), "the opening hours", domain.SettingsChange{AlwaysOpen: true})
	}
	if len(o.args) < 2 {
		return o.unread(example)
	}
	days, ok := readDays(o.args[0])
	openings, okToo := readOpenings(strings.Join(o.args[1:], ""))
	if !ok || !okToo {
		return o.unread(example)
	}
	var week domain.Hours
	if have != nil {
		week = *have
	}
	for _, day := range days {
		on := slices.Clone(openings)
		for i := range on {
			on[i].Day = day
		}
		week = week.On(day, on...)
	}
	return o.sets(o.hoursLine(week), "the opening hours", domain.SettingsChange{Hours: &week})
}

func (o order) hoursLine(h domain.Hours) string {
	return fmt.Sprintf("🕘 %s (%s)", h.Words(), o.turn.Workspace.Timezone)
}

// readDays reads "mon-fri", "sat,sun", "sun" or "daily".
func readDays(s string) ([]int, bool) {
	s = strings.ToLower(s)
	if s == "daily" || s == "everyday" {
		return []int{0, 1, 2, 3, 4, 5, 6}, true
	}
	var days []int
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		first, ok := readDay(from)
		last, okToo := first, true
		if isRange {
			last, okToo = readDay(to)
		}
		if !ok || !okToo {
			return nil, false
		}
		for d := first; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == last {
				break
			}
		}
	}
	return days, true
}

func readDay(s string) (int, bool) {
	for d := range 7 {
		if name := strings.ToLower(time.Weekday(d).String()); len(s) >= 3 && strings.HasPrefix(name, s) {
			return d, true
		}
	}
	return 0, false
}

// readOpenings reads "9-18", "9:30-13,14-18", "22-6" or "closed".
func readOpenings(s string) ([]domain.Opening, bool) {
	if strings.EqualFold(s, "closed") {
		return nil, true
	}
	var openings []domain.Opening
	for part := range strings.SplitSeq(strings.ReplaceAll(s, "–", "-"), ",") {
		from, to, ok := strings.Cut(part, "-")
		start, okFrom := readClock(from)
		end, okTo := readClock(to)
		if !ok || !okFrom || !okTo || start == end || start == 24*60 {
			return nil, false
		}
		openings = append(openings, domain.Opening{From: start, To: end})
	}
	return openings, true
}

// readClock reads "9", "9:30", "9am" or "6pm" as minutes after midnight.
func readClock(s string) (int, bool) {
	s = strings.ToLower(s)
	pm := strings.HasSuffix(s, "pm")
	am := strings.HasSuffix(s, "am")
	h, m, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(s, "pm"), "am"), ":")
	hour, err := strconv.Atoi(h)
	minute := 0
	if err == nil && m != "" {
		minute, err = strconv.Atoi(m)
	}
	switch {
	case err != nil || hour < 0 || hour > 24 || minute < 0 || minute > 59 || hour == 24 && minute > 0 || (am || pm) && (hour > 12 || hour == 0):
		return 0, false
	case pm && hour < 12:
		hour += 12
	case am && hour == 12:
		hour = 0
	}
	return hour*60 + minute, true
}

func away(o order) commands.Outcome {
	switch {
	case o.rest == "":
		return o.unread("!away We're closed. We answer from 9 am.")
	case strings.EqualFold(o.rest, "off"):
		return o.sets("✅ Away message off.", "the away message", domain.SettingsChange{Away: new(string)})
	}
	text := o.rest
	return o.sets("✅ Away message saved.\n\n"+text, "the away message", domain.SettingsChange{Away: &text})
}

func greeting(o order) commands.Outcome {
	switch {
	case o.rest == "":
		return o.unread("!greeting Welcome to Ada's Kitchen!")
	case strings.EqualFold(o.rest, "off"):
		return o.sets("✅ Greeting off.", "the greeting", domain.SettingsChange{Greeting: new(string)})
	}
	text := o.rest
	w := o.turn.Workspace
	w.Settings.Greeting = &text
	preview := sayGreeting(w, o.k.menu(w))
	return o.sets("✅ Greeting saved.\n\n"+preview, "the greeting", domain.SettingsChange{Greeting: &text})
}

func holiday(o order) commands.Outcome {
	const example = "!holiday until 2 Jan"
	if strings.EqualFold(o.rest, "off") {
		return o.sets("✅ Holiday mode is off.", "holiday mode", domain.SettingsChange{HolidayUntil: &time.Time{}, HolidayText: new(string)})
	}
	if len(o.args) < 2 || !strings.EqualFold(o.args[0], "until") {
		return o.unread(example)
	}
	until, used, ok := readDate(o.args[1:], o.now, o.zone())
	if !ok {
		return o.unread(example)
	}
	text := afterWords(o.rest, 1+used)
	return o.sets(fmt.Sprintf("🏖 Holiday mode until %s.", until.In(o.zone()).Format("Mon 2 January")), "holiday mode",
		domain.SettingsChange{HolidayUntil: &until, HolidayText: &text})
}

// readDate reads "2 Jan", "2 January 2027" or "2027-01-02": the morning of that day, in the future. It tells how many words it took.
func readDate(words []string, now time.Time, zone *time.Location) (time.Time, int, bool) {
	layouts := []struct {
		layout string
		words  int
		year   bool
	}{{"2 January 2006", 3, true}, {"2 Jan 2006", 3, true}, {"2 January", 2, false}, {"2 Jan", 2, false}, {time.DateOnly, 1, true}}
	for _, l := range layouts {
		if len(words) < l.words {
			continue
		}
		at, err := time.ParseInLocation(l.layout, strings.Join(words[:l.words], " "), zone)
		if err != nil {
			continue
		}
		if !l.year {
			at = time.Date(now.In(zone).Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
			if !at.After(now) {
				at = at.AddDate(1, 0, 0)
			}
		}
		return at.UTC(), l.words, at.After(now)
	}
	return time.Time{}, 0, false
}

func quiet(o order) commands.Outcome {
	minutes := map[string]int{"15m": 15, "1h": 60, "60m": 60, "4h": 240, "12h": 720, "on": 0, "resume": 0}
	n, ok := minutes[strings.ToLower(o.rest)]
	if !ok {
		return o.unread("!quiet 1h (15m, 1h, 4h, 12h, or on: until you resume)")
	}
	change := domain.SettingsChange{QuietMinutes: &n}
	text := fmt.Sprintf("✅ After you reply yourself, I stay quiet %s.", strings.ToLower(o.rest))
	if n == 0 {
		text = "✅ After you reply yourself, I stay quiet until you resume."
	}
	return o.sets(text, "how long I stay quiet", change)
}

// alerts is about whoever writes it alone: each person decides for themselves.
func alerts(o order) commands.Outcome {
	m := o.turn.Workspace.Commander(o.turn.About.CustomerID)
	value := strings.ToLower(o.rest)
	switch {
	case value == "":
		return o.reply(o.sayAlerts(m))
	case value == "on", value == "off":
	case len(o.args) == 2 && strings.EqualFold(o.args[0], "quiet"):
		openings, ok := readOpenings(o.args[1])
		if !ok || len(openings) != 1 {
			return o.unread("!alerts quiet 22-7")
		}
		value = strings.ReplaceAll(strings.ToLower(o.args[1]), "–", "-")
	default:
		return o.unread("!alerts off or !alerts quiet 22-7")
	}
	return o.does(fmt.Sprintf("🔔 Your alerts are %s.", alertWords(value)), "your alerts",
		commands.Change(domain.WorkspaceStream(o.turn.About.WorkspaceID), func(w domain.Workspace) ([]domain.Event, error) {
			return w.ChooseAlerts(m, value)
		}))
}

// sayAlerts tells what holds for a member, and where alerts come.
func (o order) sayAlerts(m domain.MemberID) string {
	value, chosen := o.turn.Workspace.Settings.AlertsOf(m)
	text := "🔔 Your alerts are " + alertWords(value)
	if !chosen {
		text += ", as set for everybody"
	}
	text += ".\n"
	if value != "off" {
		text += "They come to " + o.whereAlerts(m) + "devices where you switched them on in the dashboard.\n"
	}
	return text + "Change yours: *!alerts on*, *!alerts off* or *!alerts quiet 22-7*"
}

// whereAlerts names the chats in which a member is told of alerts, seen from the one they write in, up to what comes last.
func (o order) whereAlerts(m domain.MemberID) string {
	var chats []string
	here := o.turn.Workspace.RoleOf(o.turn.About.CustomerID) != ""
	if here {
		chats = append(chats, "this chat")
	}
	if m == o.turn.Workspace.Owner() {
		chats = append(chats, "your chat with yourself")
	}
	for c, holder := range o.turn.Workspace.Phones {
		if holder == m && c != o.turn.About.CustomerID {
			chats = append(chats, "your other phones")
			break
		}
	}
	if len(chats) == 0 {
		return ""
	}
	return strings.Join(chats, ", ") + ", and to "
}

// alertWords says "on", "off" or "on, quiet 22-7".
func alertWords(alerts string) string {
	if alerts == "on" || alerts == "off" {
		return alerts
	}
	return "on, quiet " + alerts
}
