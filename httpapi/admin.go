package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type adminListBody struct {
	Workspaces []adminWorkspaceBody `json:"workspaces"`
}

type adminWorkspaceBody struct {
	ID            domain.WorkspaceID      `json:"id"`
	Name          string                  `json:"name"`
	OwnerEmail    *string                 `json:"ownerEmail"`
	Status        domain.ConnectionStatus `json:"status"`
	Reason        domain.Reason           `json:"reason"`
	Phone         *string                 `json:"phone"`
	Plan          planBody                `json:"plan"`
	Serving       bool                    `json:"serving"`
	Messages24h   int64                   `json:"messages24h"`
	LastMessageAt *time.Time              `json:"lastMessageAt"`
	DeadLetters   int                     `json:"deadLetters"`
}

type adminCommandRequest struct {
	Command string           `json:"command"`
	Args    adminCommandArgs `json:"args"`
	Reason  string           `json:"reason"`
}

type adminCommandArgs struct {
	Minutes *int       `json:"minutes"`
	Unlink  *bool      `json:"unlink"`
	Plan    *string    `json:"plan"`
	Until   *time.Time `json:"until"`
}

type adminResultBody struct {
	Position int64    `json:"position"`
	Events   []string `json:"events"`
}

const (
	maxReason     = 500
	maxOrderPause = 525_600 // minutes
)

func (s *Server) listWorkspaces(c call) error {
	now := s.config.Now()
	all, err := projections.AllWorkspaces(c.Request().Context(), s.config.Reader.AllWorkspaces(), now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	list := adminListBody{Workspaces: []adminWorkspaceBody{}}
	for _, w := range all {
		w = w.SeenBy(s.config.Witness(w.WorkspaceID))
		list.Workspaces = append(list.Workspaces, adminWorkspaceBody{
			ID: w.WorkspaceID, Name: w.Name, OwnerEmail: orNull(w.OwnerEmail), Status: w.Status, Reason: w.Reason, Phone: international(w.Phone),
			Plan: planBody{State: w.PlanState, Until: inUTC(w.PlanUntil)}, Serving: w.Serving(now), Messages24h: w.Messages,
			LastMessageAt: inUTC(w.LastMessageAt), DeadLetters: w.DeadLetters,
		})
	}
	return writeJSON(c, http.StatusOK, list)
}

// issueCommand carries an order of the platform's people out and says which events it wrote.
func (s *Server) issueCommand(c call) error {
	body, err := read[adminCommandRequest](c)
	if err != nil {
		return err
	}
	if err := within("reason", body.Reason, 1, maxReason); err != nil {
		return err
	}
	args, err := s.orderArgs(body.Args)
	if err != nil {
		return err
	}
	workspace := domain.WorkspaceID(c.Param("id"))
	order := commands.AdminCommand{
		Caller:      commands.Caller{Actor: domain.Actor{Kind: domain.ActorAdmin, ID: string(c.session.Member)}, CommandID: s.config.NewID()},
		WorkspaceID: workspace, Command: body.Command, Args: args, Reason: body.Reason,
	}
	position, err := s.config.Commands.AdminCommand(c.Request().Context(), order)
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelTimeline); err != nil {
		return err
	}
	events, err := s.writtenBy(c, order, position)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, adminResultBody{Position: position, Events: events})
}

// orderArgs writes the arguments as commands take them.
func (s *Server) orderArgs(a adminCommandArgs) (map[string]string, error) {
	args := map[string]string{}
	if a.Minutes != nil {
		if *a.Minutes < 1 || *a.Minutes > maxOrderPause {
			return nil, domain.InvalidField("args.minutes", "minutes.invalid", "A pause can last from a minute to a year.")
		}
		args["until"] = s.config.Now().Add(time.Duration(*a.Minutes) * time.Minute).UTC().Format(time.RFC3339)
	}
	if a.Until != nil {
		args["until"] = a.Until.UTC().Format(time.RFC3339)
	}
	if a.Unlink != nil {
		args["unlink"] = strconv.FormatBool(*a.Unlink)
	}
	if a.Plan != nil {
		args["state"] = *a.Plan
	}
	return args, nil
}

// orderEvents is more than any order writes.
const orderEvents = 8

// writtenBy finds the events of an order among the newest ones: their ids derive from the order's.
func (s *Server) writtenBy(c call, order commands.AdminCommand, position int64) ([]string, error) {
	above := position + 1
	entries, err := projections.TimelineOf(c.Request().Context(), s.config.Reader.AllWorkspaces(), order.WorkspaceID,
		projections.TimelinePage{Before: &above, Limit: 10 * orderEvents})
	if err != nil {
		return nil, err
	}
	events := []string{}
	for _, e := range slices.Backward(entries) {
		for i := range orderEvents {
			if e.EventID == domain.EventID(domain.DeriveID(order.CommandID, e.Type, fmt.Sprint(i))) {
				events = append(events, e.Type)
			}
		}
	}
	return events, nil
}
