package httpapi

import (
	"net/http"
	"strings"
	"time"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

type alertListBody struct {
	Alerts []alertBody `json:"alerts"`
	Plan   *missedBody `json:"missed"`
}

type alertBody struct {
	Position   int64              `json:"position"`
	Kind       domain.AlertKind   `json:"kind"`
	About      string             `json:"about"`
	Count      int                `json:"count"`
	CustomerID *domain.CustomerID `json:"customerId"`
	Name       *string            `json:"name"`
	At         time.Time          `json:"at"`
}

// missedBody counts who wrote in vain since the plan ended.
type missedBody struct {
	Customers int       `json:"customers"`
	Since     time.Time `json:"since"`
}

// myAlertsBody is when the asker is told of alerts, by phone and in their browsers.
type myAlertsBody struct {
	Alerts    string  `json:"alerts"`
	Chosen    *string `json:"chosen"`    // null: nothing, so what holds is what the business set for everybody
	Everybody string  `json:"everybody"` // what the business set
}

type changeMyAlertsRequest struct {
	Alerts given[string] `json:"alerts"`
}

const (
	alertsShown = 50
	alertsSince = 14 * 24 * time.Hour
)

// listAlerts shows what the business was told of, and who wrote in vain since its plan ended.
func (s *Server) listAlerts(c call) error {
	list := alertListBody{Alerts: []alertBody{}}
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, err := projections.AlertsOf(c.Request().Context(), q, c.session.Workspace, s.config.Now().Add(-alertsSince), alertsShown)
		for _, a := range found {
			about, _, _ := strings.Cut(a.Subject, " ")
			if a.Kind != domain.AlertPlan && a.Kind != domain.AlertWaiting {
				about = ""
			}
			list.Alerts = append(list.Alerts, alertBody{
				Position: a.Position, Kind: a.Kind, About: about, Count: a.Count, CustomerID: a.CustomerID, Name: orNull(a.Name), At: a.At.UTC(),
			})
		}
		if err != nil {
			return err
		}
		list.Plan, err = s.missedOf(c, q)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, list)
}

func (s *Server) missedOf(c call, q projections.Queryer) (*missedBody, error) {
	w, ok, err := projections.WorkspaceOf(c.Request().Context(), q, c.session.Workspace)
	if err != nil || !ok {
		return nil, err
	}
	plan := domain.Plan{State: w.PlanState}
	if w.PlanUntil != nil {
		plan.Until = *w.PlanUntil
	}
	if plan.Serving(s.config.Now()) {
		return nil, nil //nolint:nilnil // nobody wrote in vain
	}
	customers, first, err := projections.LeftUnansweredSince(c.Request().Context(), q, c.session.Workspace, domain.ReasonPlanEnded, plan.Until)
	if err != nil || first == nil {
		return nil, err
	}
	return &missedBody{Customers: customers, Since: first.UTC()}, nil
}

func (s *Server) getMyAlerts(c call) error {
	var settings domain.Settings
	err := s.inWorkspace(c, func(q projections.Queryer) (err error) {
		settings, err = projections.SettingsOf(c.Request().Context(), q, c.session.Workspace)
		return err
	})
	if err != nil {
		return err
	}
	var body myAlertsBody
	var chosen bool
	body.Everybody, _ = settings.AlertsOf("")
	if body.Alerts, chosen = settings.AlertsOf(c.session.Member); chosen {
		body.Chosen = &body.Alerts
	}
	return writeJSON(c, http.StatusOK, body)
}

// changeMyAlerts is about the asker alone: nobody chooses for somebody else.
func (s *Server) changeMyAlerts(c call) error {
	body, err := read[changeMyAlertsRequest](c)
	if err != nil {
		return err
	}
	if !body.Alerts.said {
		return domain.Refuse(domain.Invalid, "settings.nothing", "Say what to change.")
	}
	var alerts string
	if body.Alerts.value != nil {
		if alerts = *body.Alerts.value; alerts == "" {
			return domain.InvalidField("alerts", "alerts.unknown", "Write on, off, or quiet hours such as 22-7.")
		}
	}
	position, err := s.config.Commands.ChooseAlerts(c.Request().Context(), c.change(), c.session.Member, alerts)
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelSettings); err != nil {
		return err
	}
	return s.getMyAlerts(c)
}
