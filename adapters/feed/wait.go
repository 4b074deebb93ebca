package feed

import (
	"context"
	"fmt"
	"time"
)

// waitPoll is how often the table is asked about a checkpoint that another process moves.
const waitPoll = 50 * time.Millisecond

// Wait returns once a reader has done everything up to a position: its read model then shows it. It waits as long as ctx
// allows, by a signal from this process, and by a look at the table for what other processes do.
func (f *Feed) Wait(ctx context.Context, name string, position int64) error {
	r := f.readers[name]
	if r == nil {
		return fmt.Errorf("wait for %q: this process knows no such reader", name)
	}
	for {
		r.hurry.up()
		done, err := f.waitHere(ctx, r, position)
		if done || err != nil {
			return err
		}
		at, err := reachedCheckpoint(ctx, f.config.DB, r.identity)
		if at >= position {
			return nil
		}
		if err != nil && ctx.Err() == nil && !isInfrastructure(err) {
			return err
		}
	}
}

// waitHere waits for this process's reader, and gives up after a while or when other processes have done something.
func (f *Feed) waitHere(ctx context.Context, r *reader, position int64) (done bool, err error) {
	_, abroad := f.abroad.at()
	timer := time.NewTimer(waitPoll)
	defer timer.Stop()
	for {
		at, moved := r.reached.at()
		if at >= position {
			return true, nil
		}
		select {
		case <-moved:
		case <-abroad:
			return false, nil
		case <-timer.C:
			return false, nil
		case <-ctx.Done():
			return false, fmt.Errorf("wait for %s to reach %d: %w", r.name, position, ctx.Err())
		}
	}
}

// Lag tells, for each reader, how far it is behind the log's own head.
func (f *Feed) Lag(ctx context.Context) (map[string]Lag, error) {
	lags := make(map[string]Lag, len(f.order))
	for _, r := range f.order {
		at, err := reachedCheckpoint(ctx, f.config.DB, r.identity)
		if err != nil {
			return nil, err
		}
		here, _ := r.reached.at()
		lags[r.name] = Lag{Checkpoint: max(at, here)}
	}
	head, err := f.config.Log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the log's head: %w", err)
	}
	for name, lag := range lags {
		lag.Head = head
		if lag.Checkpoint < head {
			page, err := f.config.Log.Page(ctx, lag.Checkpoint, 1)
			if err != nil {
				return nil, fmt.Errorf("read the oldest unread event of %s: %w", name, err)
			}
			lag.OldestUnread = recordedAt(page)
		}
		lags[name] = lag
	}
	return lags, nil
}
