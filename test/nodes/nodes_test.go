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
	gaps, late := w.gaps(died)
	if len(gaps) != shops/2 {
		t.Errorf("gaps %v; the dead node's sessions were to be taken over, the others not to notice", gaps)
	}
	var card rig.Scorecard
	card.Add(rig.TakenOver, rig.Seconds(gaps, 1), fmt.Sprint(gaps))
	card.Add(rig.OldOwner, float64(late), "")
	w.score(card)

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
	gaps, late := w.gaps(slept)
	var card rig.Scorecard
	card.Add(rig.TakenOver, rig.Seconds(gaps, 1), fmt.Sprintf("asleep, taken over and evened out: %v", gaps))
	card.Add(rig.OldOwner, float64(late), "")
	w.score(card)
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
	gaps, late := w.gaps(began)
	if len(gaps) < shops {
		t.Errorf("gaps %v; every session was to be handed over", gaps)
	}
	if n := w.released(); n != len(gaps) {
		t.Errorf("%d of %d hand-overs are in the log", n, len(gaps))
	}
	var card rig.Scorecard
	card.Add(rig.RollingGap, rig.Seconds(gaps, 0.99), fmt.Sprintf("%d hand-overs: %v", len(gaps), gaps))
	card.Add(rig.OldOwner, float64(late), "")
	w.score(card)
}
