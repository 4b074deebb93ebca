package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type workspaceBody struct {
	ID         domain.WorkspaceID `json:"id"`
	Name       string             `json:"name"`
	Timezone   string             `json:"timezone"`
	Currency   string             `json:"currency"`
	Plan       planBody           `json:"plan"`
	Onboarding onboardingBody     `json:"onboarding"`
}

type planBody struct {
	State domain.PlanState `json:"state"`
	Until *time.Time       `json:"until"`
}

type onboardingBody struct {
	Step      string `json:"step"`
	NumberUse string `json:"numberUse,omitempty"`
}

type meBody struct {
	Workspace workspaceBody `json:"workspace"`
	User      userBody      `json:"user"`
}

type settingsBody struct {
	Name       string         `json:"name"`
	Timezone   string         `json:"timezone"`
	Currency   string         `json:"currency"`
	Onboarding onboardingBody `json:"onboarding"`

	QuietMinutes int              `json:"quietMinutes"`
	Audience     domain.Audience  `json:"audience"`
	Hours        []domain.Opening `json:"hours"`
	Away         *string          `json:"away"`
	Greeting     *string          `json:"greeting"`
	Holiday      *holidayBody     `json:"holiday"`
	Alerts       string           `json:"alerts"`

	WaitingMinutes int            `json:"waitingMinutes"`
	Menu           []domain.FAQID `json:"menu"`
	ReadReceipts   bool           `json:"readReceipts"`
	Shift          shiftBody      `json:"shift"`
}

// holidayBody is a time in which nobody is there.
type holidayBody struct {
	Until time.Time `json:"until"`
	Text  string    `json:"text"`
}

// changeSettingsRequest tells "left out" from "null": null brings back what a new workspace has.
type changeSettingsRequest struct {
	Name           *string                 `json:"name"`
	Timezone       *string                 `json:"timezone"`
	OnboardingStep *string                 `json:"onboardingStep"`
	NumberUse      *string                 `json:"numberUse"`
	QuietMinutes   *int                    `json:"quietMinutes"`
	Audience       *domain.Audience        `json:"audience"`
	Hours          given[[]domain.Opening] `json:"hours"`
	Away           given[string]           `json:"away"`
	Greeting       given[string]           `json:"greeting"`
	Holiday        given[holidayBody]      `json:"holiday"`
	Alerts         *string                 `json:"alerts"`
	WaitingMinutes *int                    `json:"waitingMinutes"`
	Menu           *[]domain.FAQID         `json:"menu"`
	ReadReceipts   *bool                   `json:"readReceipts"`
}

// given is a field that may be left out, null, or a value.
type given[T any] struct {
	said  bool
	value *T
}

// UnmarshalJSON notes that the field was there.
func (g *given[T]) UnmarshalJSON(data []byte) error {
	g.said = true
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(&g.value)
}

func newWorkspaceBody(w projections.Workspace) workspaceBody {
	return workspaceBody{
		ID: w.WorkspaceID, Name: w.Name, Timezone: w.Timezone, Currency: w.Currency, Plan: planBody{State: w.PlanState, Until: inUTC(w.PlanUntil)},
		Onboarding: onboardingBody{Step: w.OnboardingStep, NumberUse: w.NumberUse},
	}
}

// inUTC is how the API writes times.
func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

func (s *Server) getMe(c call) error {
	account, _, err := s.config.Accounts.ByID(c.Request().Context(), c.session.Member)
	if err != nil {
		return err
	}
	workspace, err := s.workspaceOf(c)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, meBody{Workspace: workspace, User: userBody{ID: account.MemberID, Email: account.Email, Role: account.Role}})
}

func (s *Server) getSettings(c call) error {
	w, err := s.workspaceOf(c)
	if err != nil {
		return err
	}
	var settings domain.Settings
	var shift shiftBody
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		ctx := c.Request().Context()
		if settings, err = projections.SettingsOf(ctx, q, c.session.Workspace); err != nil {
			return err
		}
		if settings.Menu, err = projections.StillThere(ctx, q, c.session.Workspace, settings.Menu); err != nil {
			return err
		}
		by, judged, err := projections.ShiftOf(ctx, q, c.session.Workspace)
		shift = newShiftBody(by, judged)
		return err
	})
	if err != nil {
		return err
	}
	body := newSettingsBody(w, settings)
	body.Shift = shift
	return writeJSON(c, http.StatusOK, body)
}

func newSettingsBody(w workspaceBody, s domain.Settings) settingsBody {
	body := settingsBody{
		Name: w.Name, Timezone: w.Timezone, Currency: w.Currency, Onboarding: w.Onboarding, QuietMinutes: int(domain.QuietAfter / time.Minute),
		Audience: domain.Workspace{NumberUse: w.Onboarding.NumberUse, Settings: s}.Audience(), Away: s.Away, Greeting: s.Greeting, Alerts: cmp.Or(s.Alerts, "on"),
		WaitingMinutes: int(s.Waiting() / time.Minute), Menu: append([]domain.FAQID{}, s.Menu...),
		ReadReceipts: s.ShowsRead(),
	}
	if s.QuietMinutes != nil {
		body.QuietMinutes = *s.QuietMinutes
	}
	if s.Hours != nil {
		body.Hours = append([]domain.Opening{}, s.Hours.Open...)
	}
	if !s.HolidayUntil.IsZero() {
		body.Holiday = &holidayBody{Until: s.HolidayUntil.UTC(), Text: s.HolidayText}
	}
	return body
}

// asked is what the request means to the domain.
func (r changeSettingsRequest) asked() domain.SettingsChange {
	change := domain.SettingsChange{
		Name: r.Name, Timezone: r.Timezone, NumberUse: r.NumberUse, OnboardingStep: r.OnboardingStep,
		QuietMinutes: r.QuietMinutes, Audience: r.Audience, Alerts: r.Alerts, WaitingMinutes: r.WaitingMinutes, Menu: r.Menu, ReadReceipts: r.ReadReceipts,
	}
	if r.Hours.said {
		change.AlwaysOpen = r.Hours.value == nil
		if r.Hours.value != nil {
			change.Hours = &domain.Hours{Open: *r.Hours.value}
		}
	}
	if r.Holiday.said {
		change.HolidayUntil, change.HolidayText = &time.Time{}, new(string)
		if h := r.Holiday.value; h != nil {
			change.HolidayUntil, change.HolidayText = &h.Until, &h.Text
		}
	}
	change.Away, change.Greeting = r.Away.value, r.Greeting.value
	change.StandardAway, change.StandardGreeting = r.Away.said && r.Away.value == nil, r.Greeting.said && r.Greeting.value == nil
	return change
}

func (s *Server) changeSettings(c call) error {
	body, err := read[changeSettingsRequest](c)
	if err != nil {
		return err
	}
	if reflect.DeepEqual(body, changeSettingsRequest{}) {
		return domain.Refuse(domain.Invalid, "settings.nothing", "Say what to change.")
	}
	position, err := s.config.Commands.ChangeSettings(c.Request().Context(), c.change(), body.asked())
	if err != nil {
		return renameField(err, "businessName", "name")
	}
	if err := s.wrote(c, position, modelWorkspaces); err != nil {
		return err
	}
	if err := s.waitUntil(c, modelSettings, position); err != nil {
		return err
	}
	return s.getSettings(c)
}

// renameField makes a refusal name the field as this request calls it.
func renameField(err error, from, to string) error {
	refusal, ok := err.(*domain.Error) //nolint:errorlint // a refusal as the domain made it
	if !ok || refusal.Field != from {
		return err
	}
	renamed := *refusal
	renamed.Field = to
	return &renamed
}

// change is an order about the asker's own workspace.
func (c call) change() commands.ChangeWorkspace {
	return commands.ChangeWorkspace{Caller: c.caller(), WorkspaceID: c.session.Workspace}
}
