package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"switchboard.example/test/rig"
)

// site is what runs, with the workspaces.
type site struct {
	plan    plan
	phones  *rig.Sandbox
	sandbox *rig.Process
	server  *rig.Process
	cutter  *cutter
	shops   []*rig.Shop
	remove  func() error
}

func open(ctx context.Context, p plan) (s *site, err error) {
	folder, remove, err := rig.Folder()
	if err != nil {
		return nil, err
	}
	s = &site{plan: p, remove: remove, shops: make([]*rig.Shop, p.Workspaces)}
	if err := s.start(ctx, folder); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *site) start(ctx context.Context, folder string) (err error) {
	binary := s.plan.Binary
	if binary == "" {
		if binary, err = rig.Build(ctx, folder); err != nil {
			return err
		}
	}
	place, err := rig.NewSite(ctx, binary, folder)
	if err != nil {
		return err
	}
	place.Settings = []string{"SWITCHBOARD_LOG=error"}
	s.phones = place.Phones()
	if s.sandbox, err = place.StartPhones(ctx, "--no-sync"); err != nil {
		return err
	}
	if life := s.plan.CodeLife.Milliseconds(); life > 0 {
		if err := s.phones.Behave(ctx, map[string]any{"qrCodes": 1, "qrFirst": life, "qrGrace": 0}); err != nil {
			return err
		}
	}
	if s.cutter, err = newCutter(ctx, place.PhonesAddr, s.plan.Resets, s.plan.Seed); err != nil {
		return err
	}
	if s.server, err = place.StartServerWith(ctx, "SWITCHBOARD_WHATSAPP_ADDR="+s.cutter.addr()); err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(4)
	for i := range s.shops {
		group.Go(func() (err error) {
			s.shops[i], err = rig.OpenShop(ctx, place.Product(), s.phones, s.plan.Seed, i, fmt.Sprint("Shop ", i))
			return err
		})
	}
	return group.Wait()
}

func (s *site) close() error {
	var errs []error
	for _, p := range []*rig.Process{s.server, s.sandbox} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	if s.cutter != nil {
		errs = append(errs, s.cutter.close())
	}
	return errors.Join(append(errs, s.remove())...)
}

// attempt lets every workspace make its attempts one after the other, and all workspaces at the same time.
func (s *site) attempt(ctx context.Context, tries []try) ([]outcome, error) {
	outcomes := make([]outcome, len(tries))
	var group sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for shop := range s.shops {
		group.Go(func() {
			for i := shop; i < len(tries) && ctx.Err() == nil; i += len(s.shops) {
				person := &owner{site: s, shop: s.shops[shop], outcome: outcome{try: tries[i]}}
				outcomes[i] = person.link(ctx)
				mu.Lock()
				if done++; done%50 == 0 {
					say("%d attempts made", done)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return outcomes, ctx.Err()
}
