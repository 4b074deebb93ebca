package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/test/rig"
)

// load is how appends come: so many callers, so many events in each request, each request to a stream of its own.
type load struct{ callers, events int }

// pace is what a load came to.
type pace struct {
	perSecond float64       // events
	p50       time.Duration // of one request
	cpu       time.Duration // of the machine per event: server and client
}

// append runs a load for a while.
func (db *database) append(ctx context.Context, l load, length time.Duration) (pace, error) {
	workspace := domain.WorkspaceID(uuid.NewString())
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	took := make([][]time.Duration, l.callers)
	before, begin := cpuSpent(), time.Now()
	var all sync.WaitGroup
	for i := range l.callers {
		all.Go(func() {
			for time.Since(begin) < length && ctx.Err() == nil {
				started := time.Now()
				if _, err := db.store.Append(ctx, request(workspace, l.events)); err != nil {
					cancel(fmt.Errorf("append with %d callers: %w", l.callers, err))
					return
				}
				took[i] = append(took[i], time.Since(started))
			}
		})
	}
	all.Wait()
	elapsed, spent := time.Since(begin), cpuSpent()-before
	if err := context.Cause(ctx); err != nil {
		return pace{}, err
	}
	requests := slices.Sorted(slices.Values(slices.Concat(took...)))
	events := len(requests) * l.events
	return pace{perSecond: float64(events) / elapsed.Seconds(), p50: requests[len(requests)/2], cpu: spent / time.Duration(events)}, nil
}

func request(w domain.WorkspaceID, n int) commands.AppendRequest {
	part := commands.Part{Stream: domain.FAQStream(w, domain.FAQID(uuid.NewString()))}
	for range n {
		part.Events = append(part.Events, domain.NewEvent{
			ID: domain.EventID(uuid.NewString()), OccurredAt: time.Now(),
			Event: domain.WorkspaceRenamed{WorkspaceID: w, Name: "Ada's Kitchen, Yaba"},
		})
	}
	return commands.AppendRequest{Workspace: w, Meta: domain.Meta{Actor: domain.Actor{Kind: domain.ActorSystem}}, Parts: []commands.Part{part}}
}

// cpuSpent is what this program, the server it started and its tools have used so far.
func cpuSpent() time.Duration {
	return rig.UsageOf(os.Getpid()).CPU + rig.UsageBelow(os.Getpid()).CPU
}
