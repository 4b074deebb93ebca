package rig

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotYet is what a condition returns while there is nothing wrong but it does not hold yet.
var ErrNotYet = errors.New("not yet")

const pollEvery = 25 * time.Millisecond

// Eventually tries a condition until it returns nil. When ctx ends first, what it said last is the error.
func Eventually(ctx context.Context, what string, condition func(context.Context) error) error {
	return EventuallyEvery(ctx, pollEvery, what, condition)
}

// EventuallyEvery is Eventually at a rhythm of its own, where looking so often would be a load.
func EventuallyEvery(ctx context.Context, every time.Duration, what string, condition func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := ErrNotYet
	for {
		err := condition(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w)", what, last, ctx.Err())
		case <-tick.C:
		}
	}
}
