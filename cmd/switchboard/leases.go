package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

// leaseNews are told of what becomes of leases; all may be nil.
type leaseNews struct {
	lost    func([]domain.WorkspaceID)
	freed   func([]domain.WorkspaceID)
	renewed func(time.Duration)
	metrics prometheus.Registerer
}

// takenLeases forgets what this process remembered of a workspace's customers when it takes the workspace over: another
// node may have met and merged some of them meanwhile.
type takenLeases struct {
	*postgres.Leases
	customers *postgres.Customers
}

// Acquire takes so many, at most, of the workspaces that nobody alive owns.
func (l takenLeases) Acquire(ctx context.Context, most int, workspaces ...domain.WorkspaceID) (map[domain.WorkspaceID]int64, error) {
	before := l.Mine()
	epochs, err := l.Leases.Acquire(ctx, most, workspaces...)
	for w, epoch := range epochs {
		if before[w] != epoch {
			l.customers.LeaveWorkspace(w)
		}
	}
	return epochs, err
}
