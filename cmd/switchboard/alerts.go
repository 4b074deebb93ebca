package main

import (
	"context"

	"switchboard.example/bot"
	"switchboard.example/domain"
)

// tell writes an alert into the business's chat with itself, and notices that an outage is over.
func (a *app) tell(ctx context.Context, r domain.Recorded) error {
	if _, connected := r.Event.(domain.ConnectionConnected); connected {
		_, err := a.core.handler.AlertBack(ctx, r.Workspace())
		return err
	}
	alert, ok := r.Event.(domain.WorkspaceAlertRaised)
	if !ok {
		return nil
	}
	ref, queued, err := a.core.handler.TellOwner(ctx, r, func(w domain.Workspace) string {
		return bot.SayAlert(w, alert, a.config.dashboardURL())
	})
	if err == nil && queued {
		a.pool.WakeReply(ref)
	}
	return err
}
