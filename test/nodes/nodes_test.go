package nodes_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

func TestTwoNodesShareTheSessionsAndEitherServesAnyDashboard(t *testing.T) {
	w := newWorld(t)
	w.openAll() // each code is asked for on one node and read on the other
	w.shared(shops/2, shops/2)

	for n, s := range w.shops { // whoever holds it, one of the two nodes does not
		for at := range w.sites {
			there := s.owner.At(w.at(at))
			w.must(rig.Eventually(w.patient(), "wait for a sign of life of shop "+fmt.Sprint(n), func(ctx context.Context) error {
				c, err := there.Connection(ctx)
				if err == nil && c.LastHeardAt == nil {
					return rig.ErrNotYet
				}
				return err
			}))
			began := time.Now()
			w.must(there.Disconnect(w.patient(), false))
			w.away(s)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("node %d: shop %d was closed after %v", at, n, took)
			}
			w.must(there.Connect(w.patient()))
			w.online(s)
		}
	}
}

// away waits until the sandbox says that a shop's device is not connected.
func (w *world) away(s *shop) {
	w.t.Helper()
	w.must(rig.Eventually(w.patient(), "wait until "+s.number+" is away", func(ctx context.Context) error {
		r, err := w.phones.Judge(ctx, s.number)
		if err == nil && r.Connections[len(r.Connections)-1].ClosedAt == nil {
			return rig.ErrNotYet
		}
		return err
	}))
}

func TestADeadNodesSessionsAreTakenOver(t *testing.T) {
	w := newWorld(t)
	w.openAll()
	w.shared(shops/2, shops/2)
	load := w.load(100 * time.Millisecond)

	died := time.Now()
	w.nodes[0].Kill()
	w.shared(shops)
	load.end()
	gaps := w.gaps(died)
	if len(gaps) != shops/2 || worst(gaps) > 30*time.Second {
		t.Errorf("gaps %v; the dead node's sessions were to be back within 30 s, the others not to notice", gaps)
	}
	t.Logf("taken over after %v", gaps)

	w.start(0) // and gets its share again
	w.shared(shops/2, shops/2)
}

func TestANodeThatSleptNeitherSendsNorWrites(t *testing.T) {
	w := newWorld(t)
	w.openAll()
	w.shared(shops/2, shops/2)
	load := w.load(100 * time.Millisecond)

	slept := time.Now()
	w.must(w.nodes[0].Pause())
	w.shared(shops)
	if took := time.Since(slept); took > 30*time.Second {
		t.Errorf("its sessions were taken over after %v", took)
	}
	w.must(w.nodes[0].Resume()) // it wakes up believing what it knew
	w.shared(shops/2, shops/2)  // and is soon one of two again
	load.end()
	gaps := w.gaps(slept)
	if worst(gaps) > 30*time.Second {
		t.Errorf("gaps %v", gaps)
	}
	t.Logf("taken over and evened out with gaps %v", gaps)
}

func TestARollingRestartLosesNothingAndIsHardlyNoticed(t *testing.T) {
	w := newWorld(t)
	w.openAll()
	w.shared(shops/2, shops/2)
	load := w.load(50 * time.Millisecond)

	began := time.Now()
	for n := range w.nodes {
		asked := time.Now()
		w.must(w.nodes[n].Stop())
		if took := time.Since(asked); took > 25*time.Second {
			t.Errorf("node %d took %v to end", n, took)
		}
		w.shared(shops)
		w.start(n)
		w.shared(shops/2, shops/2)
	}
	load.end()
	gaps := w.gaps(began)
	if len(gaps) < shops || worst(gaps) > 5*time.Second {
		t.Errorf("gaps %v; none was to be longer than 5 s", gaps)
	}
	t.Logf("%d hand-overs, gaps %v", len(gaps), gaps)
}
