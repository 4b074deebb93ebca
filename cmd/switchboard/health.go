package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
	"switchboard.example/migrations"
)

// health is what readiness goes by beside the database.
type health struct {
	draining atomic.Bool
	asked    atomic.Int64 // when readiness was last asked for, in Unix seconds
	migrated atomic.Bool
}

func (h *health) drain() { h.draining.Store(true) }

// askedLately says whether somebody goes by our readiness and has to be given time to hear that it is red.
func (h *health) askedLately() bool {
	return time.Now().Unix()-h.asked.Load() <= int64(tellBalancers.Seconds())*2
}

// observeRenewals counts how long heartbeats take.
func observeRenewals(r prometheus.Registerer) func(time.Duration) {
	took := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "switchboard_lease_renew_seconds", Help: "Time to renew this node's heartbeat.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14),
	})
	r.MustRegister(took)
	return func(d time.Duration) { took.Observe(d.Seconds()) }
}

var errDraining = errors.New("this node is handing its work over")

// ready says whether this process can serve: an append would work, the schema is this program's, the lease loop is alive,
// and it is not about to end.
func (a *app) ready(ctx context.Context) error {
	if a.health.draining.Load() {
		return errDraining
	}
	if err := a.core.store.Probe(ctx); err != nil {
		if why := postgres.Unwritable(err); why != "" {
			return domain.Refuse(domain.Unavailable, "not_ready", why+" The server goes on as soon as it takes writes again.")
		}
		return fmt.Errorf("the log takes nothing: %w", err)
	}
	if !a.core.leases.Fresh() {
		return errors.New("the heartbeat is stale")
	}
	return a.migrated(ctx)
}

// probed is ready for whoever balances requests between nodes.
func (a *app) probed(ctx context.Context) error {
	a.health.asked.Store(time.Now().Unix())
	return a.ready(ctx)
}

// migrated asks until the answer is yes: a newer program may run its migrations later, and this one goes on beside it.
func (a *app) migrated(ctx context.Context) error {
	if a.health.migrated.Load() {
		return nil
	}
	pending, err := migrations.Pending(ctx, a.core.login.DB)
	if err != nil {
		return err
	}
	if pending {
		return errors.New("the database's schema is older than this program")
	}
	a.health.migrated.Store(true)
	return nil
}
