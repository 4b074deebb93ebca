package bot

import (
	"strconv"
	"strings"
	"time"
)

// parseSpan reads how long a pause lasts: "30m", "2h", "1d". It answers false for anything else.
func parseSpan(s string) (time.Duration, bool) {
	if len(s) < 2 {
		return 0, false
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	unit, ok := units[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	if !ok || err != nil || n < 1 || n > 1000 {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// parseUntil reads when a pause ends: a span from now, or "until 18:00" or "until 6 pm" on the workspace's clock (tomorrow when past).
func parseUntil(args []string, now time.Time, zone *time.Location) (time.Time, bool) {
	if len(args) > 1 && strings.EqualFold(args[0], "until") {
		minutes, ok := readClock(strings.Join(args[1:], ""))
		if !ok {
			return time.Time{}, false
		}
		local := now.In(zone)
		at := time.Date(local.Year(), local.Month(), local.Day(), 0, minutes, 0, 0, zone)
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		return at.UTC(), true
	}
	if len(args) != 1 {
		return time.Time{}, false
	}
	span, ok := parseSpan(strings.ToLower(args[0]))
	return now.Add(span).UTC(), ok
}

// clockIn writes a moment as the owner reads it: "14:02", with the date when it is not today.
func clockIn(t, now time.Time, zone *time.Location) string {
	local, today := t.In(zone), now.In(zone)
	if local.Year() == today.Year() && local.YearDay() == today.YearDay() {
		return local.Format("15:04")
	}
	return local.Format("Mon 2 Jan, 15:04")
}

func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		return zone
	}
	return time.UTC
}
