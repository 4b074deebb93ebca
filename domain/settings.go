package domain

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Audience is whom the bot answers.
type Audience string

// The audiences.
const (
	AnswerEveryone Audience = "everyone"
	AnswerUnsaved  Audience = "unsaved" // everyone but the contacts saved in the phone
	AnswerAllowed  Audience = "allowed" // only people the business allowed
)

// Settings are a workspace's choices about the conversation. The zero value is what a new workspace has.
type Settings struct {
	QuietMinutes *int     // the bot's silence after a person wrote, one of QuietChoices. Defaults to 60
	Audience     Audience // Defaults to everyone, or to unsaved for a mixed number
	Hours        *Hours   // nil: always open
	Away         *string  // said instead of the standard text when a person is needed and nobody is there; empty: nothing of the kind
	Greeting     *string  // said instead of the standard greeting; empty: no greeting
	HolidayUntil time.Time
	HolidayText  string
	Alerts       string // "on", "off" or quiet hours such as "22-7", for every member who has not chosen. Defaults to "on"

	// MemberAlerts is the same for each member who has.
	MemberAlerts map[MemberID]string `json:",omitempty"` //nolint:tagliatelle // stored beside fields without a tag

	// WaitingMinutes is how long somebody waits for a person before the business is told. Defaults to 15.
	WaitingMinutes *int `json:",omitempty"` //nolint:tagliatelle // stored beside fields without a tag
	// Menu are the FAQs that stand in the menu, in this order, before those asked most. One that is off or gone is passed over.
	Menu []FAQID `json:",omitempty"` //nolint:tagliatelle // as above
	// ReadReceipts is whether messages the bot answers are shown to the customer, and on the phone, as read. Defaults to yes.
	ReadReceipts *bool `json:",omitempty"` //nolint:tagliatelle // as above
}

// MaxMenu is how many FAQs a menu has.
const MaxMenu = 5

// QuietChoices are the lengths of silence a workspace may choose, in minutes; 0 lasts until resumed.
func QuietChoices() []int { return []int{15, 60, 240, 720, 0} }

// MaxSettingText is how long the away and greeting texts may be, in characters.
const MaxSettingText = 1000

// UntilResumed is longer than any silence that ends by itself.
const UntilResumed = 100 * 365 * 24 * time.Hour

// Quiet is how long the bot is silent in a chat after a person from the business wrote there.
func (s Settings) Quiet() time.Duration {
	switch {
	case s.QuietMinutes == nil:
		return QuietAfter
	case *s.QuietMinutes == 0:
		return UntilResumed
	}
	return time.Duration(*s.QuietMinutes) * time.Minute
}

// Waiting is how long somebody waits for a person before the business is told.
func (s Settings) Waiting() time.Duration {
	if s.WaitingMinutes == nil {
		return WaitingFor
	}
	return time.Duration(*s.WaitingMinutes) * time.Minute
}

// ShowsRead says whether a message that the bot answers counts as read.
func (s Settings) ShowsRead() bool { return s.ReadReceipts == nil || *s.ReadReceipts }

// evolve returns the settings after a change; nil fields stay as they were.
func (s Settings) evolve(e WorkspaceSettingsChanged) Settings {
	keep(&s.QuietMinutes, e.QuietMinutes)
	keep(&s.Hours, e.Hours)
	if e.AlwaysOpen {
		s.Hours = nil
	}
	keep(&s.Away, e.Away)
	keep(&s.Greeting, e.Greeting)
	if e.StandardTexts {
		s.Away, s.Greeting = e.Away, e.Greeting
	}
	set(&s.Audience, e.Audience)
	set(&s.HolidayUntil, e.HolidayUntil)
	set(&s.HolidayText, e.HolidayText)
	set(&s.Alerts, e.Alerts)
	keep(&s.WaitingMinutes, e.WaitingMinutes)
	keep(&s.ReadReceipts, e.ReadReceipts)
	if set(&s.Menu, e.Menu); len(s.Menu) == 0 {
		s.Menu = nil
	}
	return s
}

func keep[T any](have **T, change *T) {
	if change != nil {
		*have = change
	}
}

func set[T any](have *T, change *T) {
	if change != nil {
		*have = *change
	}
}

// check refuses settings that make no sense.
func (c SettingsChange) check() error {
	if c.QuietMinutes != nil && !slices.Contains(QuietChoices(), *c.QuietMinutes) {
		return InvalidField("quietMinutes", "quiet.unknown", "Choose 15 minutes, 1, 4 or 12 hours, or until you resume.")
	}
	if c.Audience != nil && !slices.Contains([]Audience{AnswerEveryone, AnswerUnsaved, AnswerAllowed}, *c.Audience) {
		return InvalidField("audience", "audience.unknown", "Choose everyone, everyone except saved contacts, or only people you allow.")
	}
	if c.Hours != nil {
		if err := c.Hours.check(); err != nil {
			return err
		}
	}
	if c.Alerts != nil {
		if err := checkAlerts(*c.Alerts); err != nil {
			return err
		}
	}
	if m := c.WaitingMinutes; m != nil && (*m < int(WaitingLeast/time.Minute) || *m > int(WaitingMost/time.Minute)) {
		return InvalidField("waitingMinutes", "waiting.invalid", "Choose a wait from 5 minutes to 12 hours.")
	}
	if c.Menu != nil {
		once := slices.Compact(slices.Sorted(slices.Values(*c.Menu)))
		if len(*c.Menu) > MaxMenu || len(once) < len(*c.Menu) || slices.Contains(once, "") {
			return InvalidField("menu", "menu.invalid", "Pin at most 5 FAQs to the menu, each once.")
		}
	}
	for field, text := range map[string]*string{"away": c.Away, "greeting": c.Greeting, "holidayText": c.HolidayText} {
		if text != nil && utf8.RuneCountInString(*text) > MaxSettingText {
			return InvalidField(field, "text.too_long", "A text can have at most 1,000 characters.")
		}
	}
	return nil
}

func cleanText(text *string) *string {
	if text == nil {
		return nil
	}
	trimmed := strings.TrimSpace(*text)
	return &trimmed
}

// Schedule is when somebody from the business is there.
func (w Workspace) Schedule() Schedule {
	return Schedule{Hours: w.Settings.Hours, Zone: w.Zone(), HolidayUntil: w.Settings.HolidayUntil}
}

// Zone is the workspace's clock; UTC when it names none we know.
func (w Workspace) Zone() *time.Location {
	if zone, err := time.LoadLocation(w.Timezone); err == nil && w.Timezone != "" {
		return zone
	}
	return time.UTC
}

// forEverybody are the settings without what members chose for themselves.
func (s Settings) forEverybody() Settings {
	s.MemberAlerts = nil
	return s
}

// withMemberAlerts returns the settings after a member chose; empty: they did not, or are no member any more.
func (s Settings) withMemberAlerts(m MemberID, alerts string) Settings {
	s.MemberAlerts = with(s.MemberAlerts, m, alerts)
	if alerts == "" {
		delete(s.MemberAlerts, m)
	}
	if len(s.MemberAlerts) == 0 {
		s.MemberAlerts = nil
	}
	return s
}

// SettingsBackTo decides to make the settings of the conversation what they were before, members' own choices included.
func (w Workspace) SettingsBackTo(before Workspace) ([]Event, error) {
	s := before.Settings
	quiet, waiting, alerts := int(QuietAfter/time.Minute), int(s.Waiting()/time.Minute), firstOf(s.Alerts, "on")
	read := s.ShowsRead()
	if s.QuietMinutes != nil {
		quiet = *s.QuietMinutes
	}
	change := SettingsChange{
		QuietMinutes: &quiet, Hours: s.Hours, AlwaysOpen: s.Hours == nil, Away: s.Away, Greeting: s.Greeting, StandardTexts: true,
		HolidayUntil: &s.HolidayUntil, HolidayText: &s.HolidayText, Alerts: &alerts, WaitingMinutes: &waiting, Menu: &s.Menu, ReadReceipts: &read,
	}
	if reflect.DeepEqual(w.Settings.forEverybody(), s.forEverybody()) {
		change = SettingsChange{}
	}
	events, err := w.ChangeSettings(change)
	for _, m := range slices.Sorted(maps.Keys(w.Members)) {
		if err != nil {
			return nil, err
		}
		var chosen []Event
		chosen, err = w.ChooseAlerts(m, s.MemberAlerts[m])
		events = append(events, chosen...)
	}
	return events, err
}

// Audience is whom the bot answers. A number that is also private leaves saved contacts alone unless told otherwise.
func (w Workspace) Audience() Audience {
	switch {
	case w.Settings.Audience != "":
		return w.Settings.Audience
	case w.NumberUse == "mixed":
		return AnswerUnsaved
	}
	return AnswerEveryone
}

// LeavesAlone says why the bot does not answer this person, whatever they write; empty when it does.
func (w Workspace) LeavesAlone(c Customer) Reason {
	switch {
	case c.Ignored:
		return ReasonIgnored
	case w.Audience() == AnswerAllowed && !c.Allowed:
		return ReasonNotAllowed
	case w.Audience() == AnswerUnsaved && c.Saved && !c.Allowed:
		return ReasonSavedContact
	}
	return ""
}
