package commands

import (
	"context"

	"switchboard.example/domain"
)

// DisconnectWorkspace asks for the workspace's number to be disconnected.
type DisconnectWorkspace struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Unlink      bool // also remove the link, so that connecting again needs the phone
}

// DisconnectWorkspace records the wish to disconnect; the session pool acts on it. Asking twice changes nothing.
func (h *Handler) DisconnectWorkspace(ctx context.Context, cmd DisconnectWorkspace) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.ConnectionStream(cmd.WorkspaceID),
		func(c domain.Connection) ([]domain.Event, error) {
			return c.Close(cmd.WorkspaceID, cmd.Unlink, h.Now())
		})
}
