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

// Acquire takes the workspace if nobody alive owns it.
func (l takenLeases) Acquire(ctx context.Context, w domain.WorkspaceID) (int64, bool, error) {
	before, had := l.Epoch(w)
	epoch, ok, err := l.Leases.Acquire(ctx, w)
	if ok && (!had || before != epoch) {
		l.customers.LeaveWorkspace(w)
	}
	return epoch, ok, err
}
