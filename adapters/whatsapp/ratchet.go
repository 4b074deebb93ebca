package whatsapp

import (
	"context"
	"fmt"
)

// ratchet is the one lock per device between encrypting and decrypting. Both read a Signal session, turn it, and write it
// back; overlapping, one of the two turns is lost and what was encrypted under it cannot be read by anybody. It outlives
// connections, so that what an earlier one still does cannot meet what the next one starts.
type ratchet struct{ slot chan struct{} }

func newRatchet() *ratchet { return &ratchet{slot: make(chan struct{}, 1)} }

type holdsRatchet struct{}

// hold takes the lock and returns a context that says so, for the stores called under it.
func (r *ratchet) hold(ctx context.Context) (context.Context, func(), error) {
	release, err := r.lock(ctx)
	if err != nil {
		return nil, nil, err
	}
	return r.holding(ctx), release, nil
}

// lock takes the lock, unless ctx ends first.
func (r *ratchet) lock(ctx context.Context) (release func(), err error) {
	select {
	case r.slot <- struct{}{}:
		return func() { <-r.slot }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the device's ratchet: %w", ctx.Err())
	}
}

// holding is ctx for what is called under the lock.
func (r *ratchet) holding(ctx context.Context) context.Context {
	return context.WithValue(ctx, holdsRatchet{}, r)
}

// heldBy says whether the context was made by hold.
func (r *ratchet) heldBy(ctx context.Context) bool { return ctx.Value(holdsRatchet{}) == r }
