package whatsapp

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"

	"switchboard.example/domain"
)

// guard stands between one connection's client and the tables. A database error that the library would shrug off ends the
// connection here, before the message it belongs to could be acknowledged; WhatsApp delivers it again on the next one.
type guard struct {
	db        *dbutil.Database
	links     links
	workspace domain.WorkspaceID
	epoch     int64
	ratchet   *ratchet
	metrics   *metrics
	box       box
	seals     seals // of the device's keys; set when it is loaded or stored
	now       func() time.Time
	onBroken  func(error) // called once, at the first failure; must not block

	broken atomic.Pointer[errStorage]
}

// errClosed is why a connection that was closed may not touch the tables any more.
var errClosed = errors.New("the connection was closed")

// retire shuts the tables to this connection and waits until nothing of it is decrypting.
func (g *guard) retire(ctx context.Context) {
	g.broken.CompareAndSwap(nil, &errStorage{cause: errClosed})
	if _, release, err := g.ratchet.hold(ctx); err == nil {
		release()
	}
}

// fail marks the connection as broken and returns the error that keeps its messages from being acknowledged.
func (g *guard) fail(cause error) error {
	failure := &errStorage{cause: cause}
	if g.broken.CompareAndSwap(nil, failure) && g.onBroken != nil {
		g.onBroken(cause)
	}
	return *failure
}

func (g *guard) usable() error {
	if failure := g.broken.Load(); failure != nil {
		return *failure
	}
	return nil
}

// retries are the waits before further tries of something that failed for the moment.
func retries() []time.Duration {
	return []time.Duration{50 * time.Millisecond, 250 * time.Millisecond}
}

// do runs a statement outside a transaction, again if the moment was bad.
func (g *guard) do(ctx context.Context, run func() error) error {
	if err := g.usable(); err != nil {
		return err
	}
	err := run()
	for _, wait := range retries() {
		if err == nil || !infrastructure(err) || g.ratchet.heldBy(ctx) || !sleep(ctx, wait) {
			break
		}
		err = run()
	}
	switch {
	case err == nil:
		return nil
	case impossible(err):
		return err
	}
	return g.fail(err)
}

// fetch is do for a statement that answers something.
func fetch[T any](ctx context.Context, g *guard, read func() (T, error)) (T, error) {
	var answer T
	err := g.do(ctx, func() (err error) {
		answer, err = read()
		return err
	})
	return answer, err
}

// fenced runs fn in a transaction that also makes sure the workspace is still ours.
func (g *guard) fenced(ctx context.Context, fn func(ctx context.Context) error) error {
	return g.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		if err := g.links.held(ctx, g.workspace, g.epoch); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// sleep waits, and says whether it waited to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
