package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// How long each step of stopping may take; together less than the 25 s that supervisors give.
const (
	tellBalancers = 5 * time.Second  // how long readiness is red before requests are refused, if anybody asks for it
	handOver      = 14 * time.Second // for the sessions
	lastThings    = 4 * time.Second
)

// run serves until ctx ends, then lets go in order: readiness goes red, sessions are handed over while requests are still
// answered, then requests end, then the readers of the log, then the heartbeat, then what is left of traces, then the database.
func (a *app) run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	running, work := errgroup.WithContext(work)
	web, stopWeb := context.WithCancel(work)
	defer stopWeb()
	beat, stopBeat := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBeat()
	beating := make(chan error, 1)
	go func() { beating <- a.core.leases.Run(beat) }()
	for _, part := range []func(context.Context) error{
		a.feed.Run, a.turns.Run, a.pool.Run, a.push.Run, a.tellPulses, a.tellFalls,
		clock{a.core.worker, a.core.handler, a.log}.Run, a.followErasures, a.serveMetrics, a.core.keepServer,
	} {
		running.Go(func() error { return part(work) })
	}
	running.Go(func() error { return a.web.Run(web, a.listener) })
	select {
	case <-ctx.Done():
		a.drain(context.WithoutCancel(ctx))
	case <-work.Done(): // a part failed
	}
	stopWeb()
	stopWork()
	err := running.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastThings)
	defer cancel()
	stopBeat()
	err = errors.Join(err, <-beating, a.core.leases.ReleaseAll(last))
	a.flushTraces(last)
	return errors.Join(err, a.core.close(last))
}

// drain hands the sessions over while everything else still works.
func (a *app) drain(ctx context.Context) {
	a.log.InfoContext(ctx, "stopping")
	a.health.drain()
	red := time.NewTimer(tellBalancers)
	defer red.Stop()
	limited, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	if err := a.core.leases.Leave(limited); err != nil {
		a.log.WarnContext(ctx, "the other nodes were not told", "error", err)
	}
	a.pool.HandOver(limited)
	if a.health.askedLately() {
		<-red.C
	}
}
