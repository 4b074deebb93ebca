package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"switchboard.example/test/rig"
)

// Of so many linkings the first tenth fills what is filled once: pools, prepared statements, the library's tables.
const warmUp = 10

// mayGrowHeap is how much a thousand linkings may add to what the heap needs.
const mayGrowHeap = 1.10

// relink unlinks and links lines again and again, and finds what is left behind.
func relink(ctx context.Context, p plan, out io.Writer) (err error) {
	s, err := open(ctx, p, newHistory())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if _, err := s.relinked(ctx, p.Relinks/warmUp); err != nil {
		return err
	}
	before, err := s.vitals(ctx)
	if err != nil {
		return err
	}
	took, err := s.relinked(ctx, p.Relinks)
	if err != nil {
		return err
	}
	s.before = before
	after, err := s.recovered(ctx, before)
	if err != nil {
		return err
	}
	left, err := s.leftBehind(ctx)
	if err != nil {
		return err
	}
	say(out, "%d times unlinked and linked again, %d workspaces: %v", p.Relinks, p.Workspaces, spreadOf(took))
	say(out, "held before: %+v\n      after: %+v\nrows of devices and linked numbers: %d and %d; load average %s", before, after, left[0], left[1], rig.LoadAverage())
	if !after.within(before) || float64(after.Heap) > mayGrowHeap*float64(before.Heap) || left[0] != p.Workspaces || left[1] != p.Workspaces {
		return errors.New("something is left behind")
	}
	return nil
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
