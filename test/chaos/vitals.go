package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/test/rig"
)

// vitals are what the server holds of the machine.
type vitals struct {
	Goroutines int `json:"goroutines"`
	Files      int `json:"files"`
	Memory     int `json:"memory_kib"`
	Heap       int `json:"heap_kib"` // of what lives after a collection
	Database   int `json:"database"` // connections
	Lines      int `json:"lines"`    // linked numbers
}

// Grown beyond these a run has left something behind. Of memory it is what lives after a collection: what is resident is as much
// again of the collector's, and when that is given back is the system's affair.
const (
	mayGrow = 1.05
	slack   = 10 // of what is counted: connections of whoever looks, and what is just being opened

	// cached is what fills while customers write and is bounded, KiB: 3,000 remembered conversations of up to 12 KiB, and the
	// newest 8,192 events of about 3 KiB.
	cached = 3000*12 + 8192*3

	// sent is the last 256 messages of a line, which the library keeps beside our log, KiB.
	sent = 256

	// mostConnections is what the server's pools may hold together, and what listens beside them. A pool keeps what it opened.
	mostConnections = 37 + 5
)

func (v vitals) within(before vitals) bool {
	few := func(now, then int) bool { return float64(now) <= mayGrow*float64(then)+slack }
	return few(v.Goroutines, before.Goroutines) && few(v.Files-v.Database, before.Files-before.Database) && v.Database <= mostConnections &&
		float64(v.Heap) <= mayGrow*float64(before.Heap)+cached+float64(sent*v.Lines)
}

func (s *site) vitals(ctx context.Context) (v vitals, err error) {
	live, err := rig.Collect(ctx, s.metrics)
	if err != nil {
		return v, err
	}
	all, err := rig.Metrics(ctx, s.metrics)
	if err != nil {
		return v, err
	}
	v.Heap, v.Lines = int(live>>10), s.plan.Workspaces
	v.Goroutines, v.Memory = int(all["go_goroutines"]), int(all["process_resident_memory_bytes"])>>10
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.server.pid()))
	if err != nil {
		return v, err
	}
	v.Files = len(files)
	err = s.read(ctx, func(db *sqlx.DB) error {
		return db.GetContext(ctx, &v.Database, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`)
	})
	return v, err
}

// recovered waits until the server holds no more than before, and returns what it holds then or in the end.
func (s *site) recovered(ctx context.Context, before vitals) (v vitals, err error) {
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_ = rig.Eventually(waiting, "wait until nothing is left behind", func(ctx context.Context) error {
		if pause(ctx, time.Second) != nil {
			return ctx.Err()
		}
		now, err := s.vitals(ctx)
		if err != nil {
			return err
		}
		if v = now; !v.within(before) {
			return rig.ErrNotYet
		}
		return nil
	})
	if v == (vitals{}) {
		return s.vitals(ctx)
	}
	return v, nil
}
