package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard.example/adapters/postgres/embedded"
	"switchboard.example/test/rig"
)

// site is everything that runs, and the lines.
type site struct {
	plan     plan
	place    rig.Site
	folder   string
	phones   *rig.Sandbox
	metrics  string // where the server tells about itself
	postgres *embedded.Server
	sandbox  *rig.Process
	server   *rig.Process
	shops    []*rig.Shop // linked
	remove   func() error
}

// liftedRate lets a server connect as fast as it can; without it, it keeps to the rate it has by default.
const liftedRate = "SWITCHBOARD_CONNECT_RATE=unlimited"

// open starts everything, with the database a server of this program's, so that ending one does not end the other.
func open(ctx context.Context, p plan) (s *site, err error) {
	folder, remove, err := rig.Folder()
	if err != nil {
		return nil, err
	}
	s = &site{plan: p, folder: folder, remove: remove}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

func (s *site) start(ctx context.Context) (err error) {
	binary := s.plan.Binary
	if binary == "" {
		if binary, err = rig.Build(ctx, s.folder); err != nil {
			return err
		}
	}
	if err := s.startDatabase(ctx, 0); err != nil {
		return err
	}
	if s.metrics, err = rig.FreeAddr(ctx); err != nil {
		return err
	}
	if s.place, err = rig.NewSite(ctx, binary, s.folder); err != nil {
		return err
	}
	s.place.Settings = []string{
		"DATABASE_URL=" + s.postgres.DSN(""), "SWITCHBOARD_PACING=off", "SWITCHBOARD_LOG=error", "SWITCHBOARD_METRICS_ADDR=" + s.metrics,
	}
	s.phones = s.place.Phones()
	if err := s.startPhones(ctx); err != nil {
		return err
	}
	return s.startServer(ctx)
}

func (s *site) startDatabase(ctx context.Context, port int) (err error) {
	s.postgres, err = embedded.Start(ctx, embedded.Config{DataDir: s.folder, Port: port, Log: slog.New(slog.DiscardHandler)})
	return err
}

func (s *site) startPhones(ctx context.Context) (err error) {
	s.sandbox, err = s.place.StartPhones(ctx, "--no-sync") // processes are killed here, not the machine
	return err
}

func (s *site) startServer(ctx context.Context, settings ...string) (err error) {
	s.server, err = s.place.StartServerWith(ctx, settings...)
	return err
}

func (s *site) close(ctx context.Context) error {
	var errs []error
	for _, p := range []*rig.Process{s.server, s.sandbox} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop(context.WithoutCancel(ctx)))
	}
	return errors.Join(append(errs, s.remove())...)
}

// atOnce is how many workspaces are set up, or asked, at the same time.
const atOnce = 4

func together(n int, do func(int) error) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return do(i) })
	}
	return group.Wait()
}

// link links workspaces until there are n.
func (s *site) link(ctx context.Context, n int) error {
	have, began := len(s.shops), time.Now()
	more := make([]*rig.Shop, n-have)
	err := together(len(more), func(i int) (err error) {
		ctx, cancel := context.WithTimeout(ctx, s.plan.Patience)
		defer cancel()
		if more[i], err = rig.OpenShop(ctx, s.place.Product(), s.phones, s.plan.Seed, have+i, fmt.Sprint("Shop ", have+i)); err != nil {
			return fmt.Errorf("open workspace %d: %w", have+i, err)
		}
		if err := more[i].Link(ctx, s.phones); err != nil {
			return fmt.Errorf("link workspace %d: %w", have+i, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.shops = append(s.shops, more...)
	say("%d linked, the last %d in %.1f s", n, len(more), time.Since(began).Seconds())
	return nil
}

// keep leaves the first n lines open and closes the others, in order and without unlinking them.
func (s *site) keep(ctx context.Context, n int) error {
	if err := together(len(s.shops)-n, func(i int) error { return s.shops[n+i].Owner.Disconnect(ctx, false) }); err != nil {
		return fmt.Errorf("close lines: %w", err)
	}
	return s.count(ctx, "wait until lines are closed", func(online int) bool { return online <= n })
}

// reopen opens every line that is closed, and waits until all are there.
func (s *site) reopen(ctx context.Context) error {
	if err := together(len(s.shops), func(i int) error { return s.shops[i].Owner.Connect(ctx) }); err != nil {
		return fmt.Errorf("open lines: %w", err)
	}
	return s.count(ctx, "wait until lines are open", func(online int) bool { return online >= len(s.shops) })
}

// count waits until the local WhatsApp has as many lines as are wanted.
func (s *site) count(ctx context.Context, what string, enough func(online int) bool) error {
	ctx, cancel := context.WithTimeout(ctx, s.plan.Patience)
	defer cancel()
	return rig.Eventually(ctx, what, func(ctx context.Context) error {
		seen, err := s.phones.Stats(ctx)
		if err == nil && !enough(seen.Online) {
			return fmt.Errorf("%d are open: %w", seen.Online, rig.ErrNotYet)
		}
		return err
	})
}

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
