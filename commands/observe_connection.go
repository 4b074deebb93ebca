package commands

import (
	"context"

	"switchboard.example/domain"
)

// ObserveConnection reports something the session pool saw happen to a workspace's connection.
type ObserveConnection struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Event       domain.ConnectionEvent
}

// ObserveConnection records what was seen, if it is news. It returns 0 when it was not.
func (h *Handler) ObserveConnection(ctx context.Context, cmd ObserveConnection) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.ConnectionStream(cmd.WorkspaceID),
		func(c domain.Connection) ([]domain.Event, error) {
			return c.Observe(cmd.Event), nil
		})
}
