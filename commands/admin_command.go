package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchboard.example/domain"
)

// AdminCommand is an order by the platform's people for one workspace.
type AdminCommand struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Command     string // one of AdminCommands
	Args        map[string]string
	Reason      string // why, in words; required
}

// AdminCommands names every order and says what it does.
func AdminCommands() map[string]string {
	return map[string]string{
		"pause":      "silence the bot; args: until (RFC 3339, optional)",
		"resume":     "let the bot answer again",
		"connect":    "open the connection again, such as one that was set aside",
		"disconnect": "close the connection; args: unlink (true or false)",
		"set_plan":   "change the plan; args: state (trial, active, past_due, expired), until (RFC 3339, optional)",
		"suspend":    "stop serving the workspace",
		"unsuspend":  "serve the workspace again",
	}
}

// AdminCommand carries an order out and records it: command_issued with its reason, or command_refused with why.
func (h *Handler) AdminCommand(ctx context.Context, cmd AdminCommand) (int64, error) {
	if cmd.CommandID == "" {
		cmd.CommandID = h.NewID()
	}
	if strings.TrimSpace(cmd.Reason) == "" {
		return 0, domain.InvalidField("reason", "reason.required", "Say why; the reason is kept with the order.")
	}
	if err := h.workspaceExists(ctx, cmd.WorkspaceID); err != nil {
		return 0, err
	}
	position, err := h.carryOut(ctx, cmd)
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
		return 0, errors.Join(err, h.recordOrder(ctx, cmd, domain.AdminCommandRefused{
			WorkspaceID: cmd.WorkspaceID, Command: cmd.Command, Args: cmd.Args, Reason: cmd.Reason, Refusal: refusal.Code,
		}, nil))
	}
	if err != nil {
		return 0, err
	}
	issued := domain.AdminCommandIssued{WorkspaceID: cmd.WorkspaceID, Command: cmd.Command, Args: cmd.Args, Reason: cmd.Reason}
	return position, h.recordOrder(ctx, cmd, issued, &position)
}

func (h *Handler) workspaceExists(ctx context.Context, id domain.WorkspaceID) error {
	w, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(id))
	if err == nil && w.ID == "" {
		return errNoWorkspace
	}
	return err
}

func (h *Handler) recordOrder(ctx context.Context, cmd AdminCommand, e domain.Event, position *int64) error {
	at, err := h.append(ctx, cmd.Caller, cmd.WorkspaceID, Part{
		Stream: domain.AdminStream(cmd.WorkspaceID), Expected: AnyVersion, Events: h.stamp(cmd.CommandID, []domain.Event{e}),
	})
	if err != nil {
		return fmt.Errorf("record the order: %w", err)
	}
	if position != nil {
		*position = at
	}
	return nil
}

func (h *Handler) carryOut(ctx context.Context, cmd AdminCommand) (int64, error) {
	who := ChangeWorkspace{Caller: cmd.Caller, WorkspaceID: cmd.WorkspaceID}
	until, err := parseUntil(cmd.Args["until"])
	if err != nil {
		return 0, err
	}
	switch cmd.Command {
	case "pause":
		return h.PauseBot(ctx, who, until)
	case "resume":
		return h.ResumeBot(ctx, who)
	case "connect":
		return h.ConnectWorkspace(ctx, ConnectWorkspace{Caller: cmd.Caller, WorkspaceID: cmd.WorkspaceID})
	case "disconnect":
		return h.DisconnectWorkspace(ctx, DisconnectWorkspace{Caller: cmd.Caller, WorkspaceID: cmd.WorkspaceID, Unlink: cmd.Args["unlink"] == "true"})
	case "set_plan":
		state := domain.PlanState(cmd.Args["state"])
		return h.changeWorkspace(ctx, who, func(w domain.Workspace) ([]domain.Event, error) { return w.ChangePlanAt(state, until, h.Now()) })
	case "suspend":
		return h.changeWorkspace(ctx, who, func(w domain.Workspace) ([]domain.Event, error) { return w.Suspend(cmd.Reason) })
	case "unsuspend":
		return h.changeWorkspace(ctx, who, domain.Workspace.Unsuspend)
	}
	return 0, domain.InvalidField("command", "command.unknown", "There is no such command.")
}

func parseUntil(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, domain.InvalidField("until", "until.invalid", "Write the end as 2026-12-31T18:00:00+01:00.")
	}
	return t, nil
}
