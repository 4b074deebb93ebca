package commands

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// RecordCrash reports that the program ended over a workspace's connection.
type RecordCrash struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Place       string // the function that failed
	At          time.Time
}

// RecordCrash records the crash, once, and sets the workspace aside when there were too many.
func (h *Handler) RecordCrash(ctx context.Context, cmd RecordCrash) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.ConnectionStream(cmd.WorkspaceID),
		func(c domain.Connection) ([]domain.Event, error) {
			return c.Crash(cmd.WorkspaceID, cmd.Place, cmd.At), nil
		})
}
