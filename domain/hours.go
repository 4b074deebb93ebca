package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Opening is one stretch of a week in which the business is open. One whose end is not after its start runs past midnight.
type Opening struct {
	Day  int `json:"day"`  // 0 is Sunday
	From int `json:"from"` // minutes after midnight
	To   int `json:"to"`   // minutes after midnight, up to 1440
}

// Hours are a business's opening hours on its own clock.
type Hours struct {
	Open []Opening `json:"open"`
}

const minutesPerDay = 24 * 60

// maxOpenings is more than anybody's week needs.
const maxOpenings = 50

func (h Hours) check() error {
	for _, o := range h.Open {
		if o.Day < 0 || o.Day > 6 || o.From < 0 || o.From >= minutesPerDay || o.To < 0 || o.To > minutesPerDay || o.From == o.To {
			return InvalidField("hours", "hours.invalid", "Write opening hours as a day from 0 (Sunday) to 6 and minutes after midnight.")
		}
	}
	if len(h.Open) > maxOpenings {
		return InvalidField("hours", "hours.too_many", "A week can have at most 50 opening times.")
	}
	return nil
}

// Schedule is when somebody is there: opening hours, unless a holiday runs. The zero value is always open.
type Schedule struct {
	Hours        *Hours // nil: always open
	Zone         *time.Location
	HolidayUntil time.Time
}

// span is one concrete opening.
type span struct{ from, to time.Time }

// spans are the openings that touch the days around a moment, from the day before until a fortnight later, in order.
func (s Schedule) spans(around time.Time) []span {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := around.In(zone)
	var all []span
	for d := -1; d <= 14; d++ {
		day := time.Date(local.Year(), local.Month(), local.Day()+d, 0, 0, 0, 0, zone)
		for _, o := range s.Hours.Open {
			if int(day.Weekday()) == o.Day {
				all = append(all, s.afterHoliday(o.on(day)))
			}
		}
	}
	all = slices.DeleteFunc(all, func(o span) bool { return !o.to.After(o.from) })
	slices.SortFunc(all, func(a, b span) int { return a.from.Compare(b.from) })
	return all
}

// on is the opening as it falls on a day. Clock times are taken on that day's own clock, so that a change of clocks does not shift them.
func (o Opening) on(day time.Time) span {
	at := func(minutes int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, day.Location())
	}
	to := o.To
	if to <= o.From {
		to += minutesPerDay
	}
	return span{at(o.From), at(to)}
}

func (s Schedule) afterHoliday(o span) span {
	o.from = later(o.from, s.HolidayUntil)
	return o
}

// IsOpen says whether somebody is there at the given time.
func (s Schedule) IsOpen(at time.Time) bool {
	if at.Before(s.HolidayUntil) {
		return false
	}
	if s.Hours == nil {
		return true
	}
	return slices.ContainsFunc(s.spans(at), func(o span) bool { return !at.Before(o.from) && at.Before(o.to) })
}

// NextOpen is when somebody is there again: at itself while open, zero when never within two weeks.
func (s Schedule) NextOpen(at time.Time) time.Time {
	if s.IsOpen(at) {
		return at
	}
	if s.Hours == nil {
		return s.HolidayUntil
	}
	for _, o := range s.spans(later(at, s.HolidayUntil)) {
		if o.to.After(at) {
			return later(at, o.from)
		}
	}
	return time.Time{}
}

// AfterOpen is when so much opening time has passed since start.
func (s Schedule) AfterOpen(start time.Time, wait time.Duration) time.Time {
	if s.Hours == nil {
		return later(start, s.HolidayUntil).Add(wait)
	}
	at := start
	for range 26 { // half a year of fortnights; a business that never opens is never waited out
		for _, o := range s.spans(at) {
			from := later(at, o.from)
			if !o.to.After(from) {
				continue
			}
			if left := o.to.Sub(from); left >= wait {
				return from.Add(wait)
			}
			wait, at = wait-o.to.Sub(from), o.to
		}
		at = later(at, s.HolidayUntil).Add(24 * time.Hour)
		if len(s.Hours.Open) == 0 {
			break
		}
	}
	return start.Add(365 * 24 * time.Hour)
}

// Words writes the hours for people: "Mon–Fri 9:00–18:00 · Sat 10:00–14:00 · Sun closed".
func (h Hours) Words() string {
	week := []int{1, 2, 3, 4, 5, 6, 0}
	var parts []string
	for i := 0; i < len(week); {
		j := i + 1
		for j < len(week) && h.dayWords(week[j]) == h.dayWords(week[i]) {
			j++
		}
		name := shortDay(week[i])
		if j-i > 1 {
			name += "–" + shortDay(week[j-1])
		}
		parts = append(parts, name+" "+h.dayWords(week[i]))
		i = j
	}
	return strings.Join(parts, " · ")
}

func (h Hours) dayWords(day int) string {
	on := slices.DeleteFunc(slices.Clone(h.Open), func(o Opening) bool { return o.Day != day })
	if len(on) == 0 {
		return "closed"
	}
	slices.SortFunc(on, func(a, b Opening) int { return a.From - b.From })
	parts := make([]string, len(on))
	for i, o := range on {
		parts[i] = clockWords(o.From) + "–" + clockWords(o.To)
	}
	return strings.Join(parts, ", ")
}

func shortDay(day int) string { return time.Weekday(day).String()[:3] }

func clockWords(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

// On returns the hours with one day's openings replaced; none means closed.
func (h Hours) On(day int, openings ...Opening) Hours {
	kept := slices.DeleteFunc(slices.Clone(h.Open), func(o Opening) bool { return o.Day == day })
	return Hours{Open: append(kept, openings...)}
}
