package httpapi

import (
	"net/http"
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
}

type changeSettingsRequest struct {
	Name           *string `json:"name"`
	Timezone       *string `json:"timezone"`
	OnboardingStep *string `json:"onboardingStep"`
	NumberUse      *string `json:"numberUse"`
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
	return writeJSON(c, http.StatusOK, settingsBody{Name: w.Name, Timezone: w.Timezone, Currency: w.Currency, Onboarding: w.Onboarding})
}

func (s *Server) changeSettings(c call) error {
	body, err := read[changeSettingsRequest](c)
	if err != nil {
		return err
	}
	if body == (changeSettingsRequest{}) {
		return domain.Refuse(domain.Invalid, "settings.nothing", "Say what to change.")
	}
	position, err := s.config.Commands.ChangeSettings(c.Request().Context(), c.change(), domain.SettingsChange{
		Name: body.Name, Timezone: body.Timezone, NumberUse: body.NumberUse, OnboardingStep: body.OnboardingStep,
	})
	if err != nil {
		return renameField(err, "businessName", "name")
	}
	if err := s.wrote(c, position, modelWorkspaces); err != nil {
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
