package commands

import (
	"context"

	"switchboard.example/domain"
)

// FitShift records how careful a workspace's bot has to be. Fit is asked what the judged questions come to since they count;
// it is asked again when the workspace changed meanwhile.
func (h *Handler) FitShift(
	ctx context.Context, w domain.WorkspaceID, fit func(domain.Shift) (domain.WorkspaceShiftFitted, error),
) (int64, error) {
	cmd := ChangeWorkspace{Caller: Caller{Actor: domain.Actor{Kind: domain.ActorSystem}}, WorkspaceID: w}
	return h.changeWorkspace(ctx, cmd, func(s domain.Workspace) ([]domain.Event, error) {
		fitted, err := fit(s.Shift)
		if err != nil {
			return nil, err
		}
		fitted.FittedAt = h.Now()
		return s.FitShift(fitted), nil
	})
}

// ResetShift makes a workspace's bot as sure of itself as any other, and begins to count judged questions anew.
func (h *Handler) ResetShift(ctx context.Context, cmd ChangeWorkspace) (int64, error) {
	return h.changeWorkspace(ctx, cmd, func(s domain.Workspace) ([]domain.Event, error) { return s.ResetShift(h.Now()) })
}
