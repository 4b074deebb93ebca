package nodes_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

// wire is the way of one node to the database, which can be cut while everything else stays.
type wire struct {
	listener net.Listener
	to       string

	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, to: to, open: map[net.Conn]bool{}}
	go w.serve(context.WithoutCancel(t.Context()))
	t.Cleanup(func() { _ = listener.Close() })
	return w
}

func (w *wire) serve(ctx context.Context) {
	for {
		from, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.carry(ctx, from)
	}
}

func (w *wire) carry(ctx context.Context, from net.Conn) {
	to, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.to)
	if err != nil || !w.keep(from, to) {
		_ = from.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(to, from); _ = to.Close() })
	both.Go(func() { _, _ = io.Copy(from, to); _ = from.Close() })
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, from)
	delete(w.open, to)
}

// keep refuses a connection while the wire is cut.
func (w *wire) keep(both ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range both {
		if w.cut {
			_ = c.Close()
			continue
		}
		w.open[c] = true
	}
	return !w.cut
}

// set cuts the wire, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for c := range w.open {
		if cut {
			_ = c.Close()
		}
	}
}

// F-19: a node that reaches WhatsApp and not the database lets go before another may take over.
func TestANodeCutOffFromTheDatabaseLetsGo(t *testing.T) {
	var line *wire
	w := newWorldThrough(t, func(dsn string) string {
		address, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		line = newWire(t, address.Host)
		address.Host = line.listener.Addr().String()
		return address.String()
	})
	w.openAll()
	w.shared(shops/2, shops/2)
	mine := w.holds(0)
	load := w.load(100 * time.Millisecond)

	cut := time.Now()
	line.set(true)
	w.shared(shops)
	took := time.Since(cut)
	closed := w.closedSince(cut, mine)
	for _, after := range closed {
		if after > 10*time.Second {
			t.Errorf("a line was let go after %v; others may take it after 15 s, less 5", after)
		}
	}
	if len(closed) != len(mine) || took > 30*time.Second {
		t.Errorf("of %d lines %d were let go, and all were taken over after %v", len(mine), len(closed), took)
	}
	line.set(false)
	w.shared(shops/2, shops/2)
	load.end()
	gaps, late := w.gaps(cut)
	t.Logf("let go after %v, all taken over after %v, gaps %v, %d frames by the old owner", closed, took, gaps, late)
}

// holds are the numbers that a node's sessions serve.
func (w *world) holds(n int) (numbers []string) {
	w.t.Helper()
	for _, s := range w.shops {
		var held bool
		w.must(w.db.DB.GetContext(w.t.Context(), &held, `
			SELECT EXISTS (SELECT FROM workspace_leases l JOIN nodes n ON n.node_id = l.node_id
			                WHERE l.workspace_id = $1 AND n.name LIKE '%' || $2)`, s.owner.Workspace, w.sites[n].Addr))
		if held {
			numbers = append(numbers, s.number)
		}
	}
	return numbers
}

// closedSince says how soon after a moment each number's line of that time was closed.
func (w *world) closedSince(moment time.Time, numbers []string) (after []time.Duration) {
	w.t.Helper()
	for _, number := range numbers {
		r, err := w.phones.Judge(w.patient(), number)
		w.must(err)
		for _, c := range r.Connections {
			if c.OpenedAt.Before(moment) && c.ClosedAt != nil && c.ClosedAt.After(moment) {
				after = append(after, c.ClosedAt.Sub(moment))
				break
			}
		}
	}
	return after
}

// A dead node may have been the one that filled the read models and drove the reactors.
func TestReadModelsGoOnAfterTheirNodeDied(t *testing.T) {
	w := newWorld(t)
	w.open(0)
	owner := w.shops[0].owner.At(w.at(1))
	died := time.Now()
	w.nodes[0].Kill()
	w.must(owner.AddFAQ(w.patient(), answer, "Where are you?"))
	w.must(rig.Eventually(w.patient(), "wait for the read model", func(ctx context.Context) error {
		var n int
		err := w.db.DB.GetContext(ctx, &n, `SELECT count(*) FROM read_faqs WHERE workspace_id = $1`, w.shops[0].owner.Workspace)
		if err == nil && n != 2 {
			return fmt.Errorf("%d of 2 questions are shown", n)
		}
		return err
	}))
	shown := time.Since(died)
	w.must(rig.Eventually(w.patient(), "wait for the reactors", func(ctx context.Context) error {
		var behind int
		err := w.db.DB.GetContext(ctx, &behind, `
			SELECT count(*) FROM projection_checkpoints c, event_log l WHERE c.node_id IS NOT NULL AND c.position < l.head_position`)
		if err == nil && behind > 0 {
			return rig.ErrNotYet
		}
		return err
	}))
	if all := time.Since(died); all > 30*time.Second {
		t.Errorf("the reactors went on after %v", all)
	}
	t.Logf("a read model went on %v after the death of its node, all reactors %v after it", shown, time.Since(died))
	w.start(0)
}
