package commands

import (
	"context"

	"switchboard.example/domain"
)

// ConnectWorkspace asks for the workspace's number to be connected, linking it first if needed.
type ConnectWorkspace struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Method      domain.LinkMethod // defaults to LinkByQR
	Phone       string            // digits only; for LinkByCode
}

// ConnectWorkspace records the wish to connect; the session pool acts on it. Asking twice changes nothing.
func (h *Handler) ConnectWorkspace(ctx context.Context, cmd ConnectWorkspace) (int64, error) {
	if cmd.Method == "" {
		cmd.Method = domain.LinkByQR
	}
	if cmd.Method != domain.LinkByQR && cmd.Method != domain.LinkByCode {
		return 0, domain.InvalidField("method", "method.unknown", "Link with a QR code (qr) or a pairing code (code).")
	}
	w, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(cmd.WorkspaceID))
	if err != nil {
		return 0, err
	}
	if err := mayConnect(w, h); err != nil {
		return 0, err
	}
	return decide(ctx, h, cmd.Caller, domain.ConnectionStream(cmd.WorkspaceID),
		func(c domain.Connection) ([]domain.Event, error) {
			return c.Request(cmd.WorkspaceID, cmd.Method, cmd.Phone)
		})
}

func mayConnect(w domain.Workspace, h *Handler) error {
	switch {
	case w.ID == "":
		return domain.Refuse(domain.NotFound, "workspace.not_found", "There is no such workspace.")
	case w.Suspended:
		return domain.Forbidden("workspace.suspended", domain.ReasonSuspended.Sentence())
	case !w.Plan.Serving(h.Now()):
		return domain.Forbidden("plan.ended", "Your plan has ended. Renew it to connect again.")
	}
	return nil
}
