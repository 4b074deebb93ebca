package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"switchboard.example/test/rig"
)

// Of so many linkings the first tenth fills what is filled once: pools, prepared statements, the library's tables.
const warmUp = 10

// mayGrowHeap is how much linkings may add to what the heap needs, beside what the feed keeps of them: the newest 8,192 events stay
// in memory, and a linking makes some. A client of the library that is left behind takes thirty times as much.
const (
	mayGrowHeap   = 1.10
	keptOfLinking = 4    // KiB
	mostKept      = 2000 // linkings, after which older ones are forgotten
)

// grewTooMuch says whether more lives on the heap after so many linkings than may.
func grewTooMuch(before, after, relinks int) bool {
	return float64(after) > mayGrowHeap*float64(before)+keptOfLinking*float64(min(relinks, mostKept))
}

// relink unlinks and links lines again and again, and finds what is left behind.
func relink(ctx context.Context, p plan, out io.Writer) (err error) {
	s, err := open(ctx, p, newHistory())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if _, err := s.relinked(ctx, max(1, p.Relinks/warmUp)); err != nil {
		return err
	}
	folder := p.Keep
	if folder == "" {
		if folder, err = os.MkdirTemp("", "switchboard-heap-"); err != nil {
			return fmt.Errorf("keep the heap profiles: %w", err)
		}
	}
	held, took, err := s.holdings(ctx, folder, out)
	if err != nil {
		return err
	}
	left, err := s.leftBehind(ctx)
	if err != nil {
		return err
	}
	before, after := held[0], held[len(held)-1]
	say(out, "%d times unlinked and linked again, %d workspaces: %v", p.Relinks, p.Workspaces, spreadOf(took))
	say(out, "rows of devices and linked numbers: %d and %d; load average %s", left[0], left[1], rig.LoadAverage())
	if !after.within(before) || grewTooMuch(before.Heap, after.Heap, p.Relinks) || left[0] != p.Workspaces || left[1] != p.Workspaces {
		return errors.New("something is left behind")
	}
	return nil
}

// atRest is how long nothing is linked before it is looked at: what has just been closed lives a moment longer.
const atRest = 15 * time.Second

// marks are the numbers of linkings at which what the server holds is looked at: none, a quarter, half, all.
func marks(relinks int) []int { return slices.Compact([]int{0, relinks / 4, relinks / 2, relinks}) }

// holdings tells what the server holds at each mark, and at which lines of code it holds more in the end than in the beginning.
func (s *site) holdings(ctx context.Context, folder string, out io.Writer) (held []vitals, took []time.Duration, err error) {
	profile := func(mark int) string { return filepath.Join(folder, fmt.Sprintf("heap-%d.pb.gz", mark)) }
	all := marks(s.plan.Relinks)
	for _, mark := range all {
		more, err := s.relinked(ctx, mark-len(took))
		if err != nil {
			return nil, nil, err
		}
		took = append(took, more...)
		if err := pause(ctx, atRest); err != nil {
			return nil, nil, err
		}
		if err := rig.HeapProfile(ctx, s.metrics, profile(mark)); err != nil {
			return nil, nil, err
		}
		now, err := s.vitals(ctx)
		if mark == s.plan.Relinks && err == nil {
			now, err = s.recovered(ctx, held[0])
		}
		if err != nil {
			return nil, nil, err
		}
		held = append(held, now)
		say(out, "after %4d: %+v", mark, now)
	}
	growth, err := rig.Growth(ctx, profile(all[0]), profile(all[len(all)-1]))
	say(out, "what grew on the heap, from %s on:\n%s", profile(all[0]), growth)
	return held, took, err
}

// relinked does it n times, the workspaces in turn and four at once, and returns how long each took from asking for a code.
func (s *site) relinked(ctx context.Context, n int) ([]time.Duration, error) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	locks := make([]sync.Mutex, len(s.shops))
	took := make([]time.Duration, n)
	for i := range n {
		group.Go(func() error {
			shop := i % len(s.shops)
			locks[shop].Lock()
			defer locks[shop].Unlock()
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if err := s.unlink(ctx, s.shops[shop]); err != nil {
				return fmt.Errorf("unlink for the %d. time: %w", i, err)
			}
			begin := time.Now()
			if err := s.link(ctx, s.shops[shop]); err != nil {
				return fmt.Errorf("link for the %d. time: %w", i, err)
			}
			took[i] = time.Since(begin)
			return nil
		})
	}
	return took, group.Wait()
}

func (s *site) unlink(ctx context.Context, one *shop) error {
	if err := one.owner.Disconnect(ctx, true); err != nil {
		return err
	}
	return rig.Eventually(ctx, "wait until it is unlinked", func(ctx context.Context) error {
		devices, err := s.phones.devices(ctx, one.number)
		if err != nil {
			return err
		}
		if len(devices) > 0 {
			return rig.ErrNotYet
		}
		return nil
	})
}

// leftBehind counts the devices and the linked numbers in the database.
func (s *site) leftBehind(ctx context.Context) (rows [2]int, err error) {
	return rows, s.read(ctx, func(db *sqlx.DB) error {
		return db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM wa.whatsmeow_device), (SELECT count(*) FROM wa_links)`).Scan(&rows[0], &rows[1])
	})
}
