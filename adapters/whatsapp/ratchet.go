package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ratchet is the one lock per device between encrypting and decrypting. Both read a Signal session, turn it, and write it
// back; overlapping, one of the two turns is lost and what was encrypted under it cannot be read by anybody. It outlives
// connections, so that what an earlier one still does cannot meet what the next one starts.
//
// A decryption holds it from before its transaction until after the commit. An encryption holds it only while a session is
// out of the tables: from where the library loads sessions to where it stores them. So it is always the last lock taken,
// after the library's own lock of sends, and nobody waits for WhatsApp's answer while holding it, but for the keys of a
// phone that is written to for the first time.
type ratchet struct {
	slot chan struct{}

	mu    sync.Mutex
	alone *turn // of an encryption that the library began by itself

	doubted atomic.Bool // a message came as if for the first time, and something was wrong with it
}

func newRatchet() *ratchet { return &ratchet{slot: make(chan struct{}, 1)} }

type (
	holdsRatchet struct{}
	takesTurns   struct{}
)

// hold takes the lock and returns a context that says so, for the stores called under it.
func (r *ratchet) hold(ctx context.Context) (context.Context, func(), error) {
	release, err := r.lock(ctx)
	if err != nil {
		return nil, nil, err
	}
	return context.WithValue(ctx, holdsRatchet{}, r), release, nil
}

// lock takes the lock, unless ctx ends first.
func (r *ratchet) lock(ctx context.Context) (release func(), err error) {
	select {
	case r.slot <- struct{}{}:
		return sync.OnceFunc(func() { <-r.slot }), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the device's ratchet: %w", ctx.Err())
	}
}

// heldBy says whether who has this context holds the lock.
func (r *ratchet) heldBy(ctx context.Context) bool {
	if ctx.Value(holdsRatchet{}) == r {
		return true
	}
	t, ok := ctx.Value(takesTurns{}).(*turn)
	return ok && t.ratchet == r && t.held()
}

// turns is for a call of the library that encrypts. Under the context it returns, the lock is taken as long as a session is
// out; end gives it back when the call returns, whatever became of the session.
func (r *ratchet) turns(ctx context.Context) (_ context.Context, end func()) {
	t := &turn{ratchet: r}
	return context.WithValue(ctx, takesTurns{}, t), t.end
}

// turn is one encryption's hold of the ratchet.
type turn struct {
	ratchet *ratchet

	mu      sync.Mutex
	release func() // nil while it does not hold it
	address string // of the session that is out, when the library acts by itself
}

func (t *turn) held() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.release != nil
}

func (t *turn) begin(ctx context.Context) error {
	if t.held() {
		return nil // it loads another session in the same turn
	}
	release, err := t.ratchet.lock(ctx)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release = release
	return nil
}

func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.release != nil {
		t.release()
		t.release = nil
	}
}

// aloneFor is how long a session may be out that the library took by itself, as it does to write to the own phone. It says
// nothing when it fails in between, which takes milliseconds otherwise.
const aloneFor = 2 * time.Second

// errTurnOver says a session was out for so long that somebody else may have turned it meanwhile.
var errTurnOver = errors.New("the session was out for too long")

// taken is called before a session is loaded.
func (r *ratchet) taken(ctx context.Context, address string) error {
	if ctx.Value(holdsRatchet{}) == r {
		return nil
	}
	if t, ok := ctx.Value(takesTurns{}).(*turn); ok && t.ratchet == r {
		return t.begin(ctx)
	}
	t := &turn{ratchet: r, address: address}
	if err := t.begin(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alone = t
	time.AfterFunc(aloneFor, t.end)
	return nil
}

// storing is called before a session is stored, and returns what is to be called after.
func (r *ratchet) storing(ctx context.Context, address string) (stored func(), err error) {
	if ctx.Value(holdsRatchet{}) == r {
		return func() {}, nil
	}
	if t, ok := ctx.Value(takesTurns{}).(*turn); ok && t.ratchet == r {
		return t.end, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.alone
	if t == nil || t.address != address || !t.held() {
		return nil, errTurnOver
	}
	r.alone = nil
	return t.end, nil
}

// failed is called when a session could not be loaded: it is not out.
func (r *ratchet) failed(ctx context.Context, address string) {
	if stored, err := r.storing(ctx, address); err == nil {
		stored()
	}
}
