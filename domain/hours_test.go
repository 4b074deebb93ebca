package domain_test

import (
	"testing"
	"time"

	"switchboard.example/domain"
)

func lagos(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Africa/Lagos")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestOpeningHours(t *testing.T) {
	zone := lagos(t)
	at := func(day, hour, minute int) time.Time { // November 2026; the 23rd is a Monday
		return time.Date(2026, 11, day, hour, minute, 0, 0, zone)
	}
	week := domain.Hours{Open: []domain.Opening{
		{Day: 1, From: 9 * 60, To: 13 * 60},
		{Day: 1, From: 14 * 60, To: 18 * 60},
		{Day: 5, From: 22 * 60, To: 6 * 60}, // overnight
		{Day: 6, From: 10 * 60, To: 24 * 60},
	}}
	s := domain.Schedule{Hours: &week, Zone: zone}
	for _, c := range []struct {
		name string
		s    domain.Schedule
		at   time.Time
		open bool
		next time.Time
	}{
		{"in the first interval", s, at(23, 9, 0), true, at(23, 9, 0)},
		{"in the break", s, at(23, 13, 0), false, at(23, 14, 0)},
		{"after closing, until the next day that opens", s, at(23, 18, 0), false, at(27, 22, 0)},
		{"past midnight belongs to the evening before", s, at(28, 5, 59), true, at(28, 5, 59)},
		{"and ends in the morning", s, at(28, 6, 0), false, at(28, 10, 0)},
		{"until midnight", s, at(28, 23, 59), true, at(28, 23, 59)},
		{"a closed day", s, at(29, 12, 0), false, at(30, 9, 0)},
		{"without hours it is always open", domain.Schedule{}, at(29, 3, 0), true, at(29, 3, 0)},
		{"a holiday closes", domain.Schedule{HolidayUntil: at(30, 0, 0)}, at(23, 10, 0), false, at(30, 0, 0)},
		{"and ends by itself, within the hours", domain.Schedule{Hours: &week, Zone: zone, HolidayUntil: at(30, 0, 0)}, at(23, 10, 0), false, at(30, 9, 0)},
		{"a business that never opens", domain.Schedule{Hours: &domain.Hours{}, Zone: zone}, at(23, 10, 0), false, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.s.IsOpen(c.at); got != c.open {
				t.Errorf("open: %v", got)
			}
			if got := c.s.NextOpen(c.at); !got.Equal(c.next) {
				t.Errorf("next open %v, want %v", got, c.next)
			}
		})
	}
	t.Run("opening time is counted over closed days", func(t *testing.T) {
		if got, want := s.AfterOpen(at(23, 10, 0), 8*time.Hour), at(27, 23, 0); !got.Equal(want) { // 3 h, 4 h, then 1 h on Friday night
			t.Fatalf("got %v, want %v", got, want)
		}
		if got, want := (domain.Schedule{}).AfterOpen(noon, time.Hour), noon.Add(time.Hour); !got.Equal(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
	t.Run("a change of clocks does not shift the opening", func(t *testing.T) {
		paris, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			t.Fatal(err)
		}
		s := domain.Schedule{Hours: &domain.Hours{Open: []domain.Opening{{Day: 0, From: 9 * 60, To: 10 * 60}}}, Zone: paris}
		if !s.IsOpen(time.Date(2026, 10, 25, 9, 30, 0, 0, paris)) || s.IsOpen(time.Date(2026, 10, 25, 10, 30, 0, 0, paris)) {
			t.Fatal("not open from nine to ten on the day the clocks change")
		}
	})
	t.Run("people read them by the day", func(t *testing.T) {
		want := "Mon 9:00–13:00, 14:00–18:00 · Tue–Thu closed · Fri 22:00–6:00 · Sat 10:00–24:00 · Sun closed"
		if got := week.Words(); got != want {
			t.Fatalf("got %s", got)
		}
	})
}

func TestAChatHandedOverComesBackAfterTwelveOpenHours(t *testing.T) {
	zone := lagos(t)
	week := domain.Hours{}
	for day := range 7 {
		week.Open = append(week.Open, domain.Opening{Day: day, From: 9 * 60, To: 17 * 60})
	}
	timezone := "Africa/Lagos"
	w := domain.Workspace{}.Evolve(domain.WorkspaceSettingsChanged{Hours: &week, Timezone: &timezone})
	c := talk(domain.ConversationHandedOff{At: time.Date(2026, 11, 23, 15, 0, 0, 0, zone)})
	for when, want := range map[time.Time]domain.Reason{
		time.Date(2026, 11, 24, 16, 59, 0, 0, zone): domain.ReasonHuman,
		time.Date(2026, 11, 25, 10, 59, 0, 0, zone): domain.ReasonHuman, // 2 h + 8 h + 1 h 59
		time.Date(2026, 11, 25, 11, 0, 0, 0, zone):  "",
	} {
		if got := c.Silence(w, when); got != want {
			t.Errorf("at %v: %q, want %q", when, got, want)
		}
	}
}
