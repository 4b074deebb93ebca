package postgres

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard.example/domain"
)

var leaseHistories = flag.Int("lease-histories", 60, "how many random histories of nodes are played")

// The tables as one process would see them that never fails: the database's own clock, rows, and the log's fence.
type modelTables struct {
	mu      sync.Mutex
	expires map[string]time.Time
	leaving map[string]bool
	owner   string
	epoch   int64
}

// modelNode is one process: its way to the database may be cut, and it may be stopped in the middle of whatever it does.
type modelNode struct {
	tables *modelTables
	name   string

	mu     sync.Mutex
	cut    bool
	paused chan struct{} // closed when it goes on; nil while it runs
}

var errCut = errors.New("no way to the database")

// step is where a process may be stopped: everywhere it asks for something.
func (n *modelNode) step() {
	for {
		n.mu.Lock()
		paused := n.paused
		n.mu.Unlock()
		if paused == nil {
			return
		}
		<-paused
	}
}

// reach is the way to the database and back: a request may be under way when the line is cut.
func (n *modelNode) reach(ctx context.Context, do func(*modelTables)) error {
	n.step()
	time.Sleep(time.Millisecond)
	n.mu.Lock()
	cut := n.cut
	n.mu.Unlock()
	if cut {
		<-ctx.Done()
		n.step()
		return errors.Join(errCut, ctx.Err())
	}
	n.tables.mu.Lock()
	do(n.tables)
	n.tables.mu.Unlock()
	n.step()
	return ctx.Err()
}

func (n *modelNode) replace(context.Context, string, string) error { return nil }

func (n *modelNode) renew(ctx context.Context, _, node string, leaving bool) error {
	return n.reach(ctx, func(t *modelTables) { t.expires[node], t.leaving[node] = time.Now().Add(heartbeatTTL), leaving })
}

func (n *modelNode) owned(ctx context.Context, node string) (map[domain.WorkspaceID]int64, error) {
	owned := map[domain.WorkspaceID]int64{}
	return owned, n.reach(ctx, func(t *modelTables) {
		if t.owner == node {
			owned["w"] = t.epoch
		}
	})
}

func (n *modelNode) others(ctx context.Context, node string) (others int, err error) {
	return others, n.reach(ctx, func(t *modelTables) {
		for other, until := range t.expires {
			if other != node && time.Now().Before(until) && !t.leaving[other] {
				others++
			}
		}
	})
}

func (n *modelNode) take(ctx context.Context, _ []domain.WorkspaceID, _ int, node string) (map[domain.WorkspaceID]int64, error) {
	taken := map[domain.WorkspaceID]int64{}
	return taken, n.reach(ctx, func(t *modelTables) {
		if t.owner != node && time.Now().Before(t.expires[t.owner]) {
			return
		}
		if t.owner != node {
			t.owner = node
			t.epoch++
		}
		taken["w"] = t.epoch
	})
}

func (n *modelNode) release(ctx context.Context, _ domain.WorkspaceID, node string) error {
	return n.reach(ctx, func(t *modelTables) {
		if t.owner == node {
			t.owner = ""
		}
	})
}

func (n *modelNode) releaseAll(ctx context.Context, node string) error {
	return n.reach(ctx, func(t *modelTables) {
		if t.owner == node {
			t.owner = ""
		}
		delete(t.expires, node)
	})
}

// fenced is what a ratchet write and an append ask: is this still the epoch?
func (n *modelNode) fenced(ctx context.Context, epoch int64) (held bool, err error) {
	return held, n.reach(ctx, func(t *modelTables) { held = t.epoch == epoch })
}

// modelWhatsApp takes frames from the newest login only, as WhatsApp does: it closes what a new one replaces.
type modelWhatsApp struct {
	mu      sync.Mutex
	login   int64 // epoch of the newest
	newest  int64 // epoch of the newest frame taken
	taken   int
	unruly  []string
	stopped int // frames that came over a closed socket
}

func (w *modelWhatsApp) logIn(epoch int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.login = max(w.login, epoch)
	if epoch < w.newest {
		w.unruly = append(w.unruly, fmt.Sprintf("epoch %d logs in after %d has sent", epoch, w.newest))
	}
}

func (w *modelWhatsApp) frame(epoch int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case epoch < w.newest:
		w.unruly = append(w.unruly, fmt.Sprintf("epoch %d sends after %d", epoch, w.newest))
	case epoch < w.login:
		w.stopped++
		return
	}
	w.newest = epoch
	w.taken++
}

// play lets nodes live for a while under faults drawn from a seed. careless leaves the fences out, to show that the judge
// would notice.
func play(t *testing.T, seed uint64, careless bool) *modelWhatsApp {
	t.Helper()
	judge := &modelWhatsApp{}
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 2))
		tables := &modelTables{expires: map[string]time.Time{}, leaving: map[string]bool{}}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		var nodes []*modelNode
		for i := range 3 {
			n := &modelNode{tables: tables, name: fmt.Sprint(i)}
			nodes = append(nodes, n)
			l := NewLeases(LeasesConfig{Log: slog.New(slog.DiscardHandler)})
			l.table = n
			running.Go(func() { _ = l.Run(ctx) })
			running.Go(func() { n.session(ctx, l, judge, careless) })
		}
		for range 40 {
			time.Sleep(time.Duration(random.IntN(20_000)) * time.Millisecond)
			n := nodes[random.IntN(len(nodes))]
			n.mu.Lock()
			switch random.IntN(4) {
			case 0:
				n.cut = true
			case 1:
				if n.paused == nil {
					n.paused = make(chan struct{})
				}
			default:
				n.cut = false
				if n.paused != nil {
					close(n.paused)
					n.paused = nil
				}
			}
			n.mu.Unlock()
		}
		for _, n := range nodes { // all is well again, and somebody serves
			n.mu.Lock()
			n.cut = false
			if n.paused != nil {
				close(n.paused)
				n.paused = nil
			}
			n.mu.Unlock()
		}
		before := judge.count()
		time.Sleep(40 * time.Second)
		if judge.count() == before {
			t.Errorf("seed %d: nobody serves though nothing is wrong", seed)
		}
		cancel()
		running.Wait()
	})
	return judge
}

func (w *modelWhatsApp) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken
}

// session is what a pool does with a lease: take it, log in, send, each step fenced, until it is lost.
func (n *modelNode) session(ctx context.Context, l *Leases, judge *modelWhatsApp, careless bool) {
	for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		n.step()
		asked, cancel := context.WithTimeout(ctx, time.Second)
		taken, err := l.Acquire(asked, 1, "w")
		cancel()
		epoch, ok := taken["w"]
		if err != nil || !ok {
			continue
		}
		if !careless {
			if held, err := n.ask(ctx, epoch); err != nil || !held { // the log takes "reconnecting" before anything is dialled
				continue
			}
		}
		n.step()
		judge.logIn(epoch)
		for range 200 {
			n.step()
			if now, ours := l.Epoch("w"); !careless && (!ours || now != epoch) {
				break
			}
			if held, err := n.ask(ctx, epoch); !careless && (err != nil || !held) {
				break
			}
			judge.frame(epoch)
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func (n *modelNode) ask(ctx context.Context, epoch int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return n.fenced(ctx, epoch)
}

// A process may be stopped for a minute anywhere, and be cut off from the database: WhatsApp never takes a frame of an
// older epoch after one of a newer, and somebody serves again once nothing is wrong.
func TestNoTwoEpochsEverSend(t *testing.T) {
	for seed := range uint64(*leaseHistories) {
		judge := play(t, seed, false)
		if len(judge.unruly) > 0 {
			t.Fatalf("seed %d: %v", seed, judge.unruly)
		}
		if judge.taken == 0 {
			t.Fatalf("seed %d: nothing was sent", seed)
		}
	}
}

func TestTheSimulationNoticesAMissingFence(t *testing.T) {
	for seed := range uint64(*leaseHistories) {
		if len(play(t, seed, true).unruly) > 0 {
			return
		}
	}
	t.Error("without fences nothing went wrong; the judge sees nothing")
}
