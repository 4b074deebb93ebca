package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard.example/test/rig"
)

// site is everything that is broken: the processes, and the workspaces in them.
type site struct {
	plan     plan
	place    rig.Site
	phones   control
	database *database
	sandbox  *part
	server   *part
	back     *comebacks
	shops    []*shop
	history  *history
	remove   func() error
}

// shop is a workspace with its linked number.
type shop struct {
	owner  *rig.Owner
	number string
}

// open starts everything and links the workspaces, in peace.
func open(ctx context.Context, p plan, h *history) (s *site, err error) {
	folder, remove, err := rig.Folder()
	if err != nil {
		return nil, err
	}
	s = &site{plan: p, history: h, remove: remove}
	if err := s.start(ctx, folder); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	s.shops = make([]*shop, p.Workspaces)
	if err := together(p.Workspaces, func(i int) error { return s.openShop(ctx, i) }); err != nil {
		return nil, errors.Join(err, s.close(ctx))
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
	if s.place, err = rig.NewSite(ctx, binary, folder); err != nil {
		return err
	}
	s.phones = newControl(s.place.PhonesAddr)
	s.back = &comebacks{phones: s.phones, wanted: int(math.Ceil(nearlyAll * float64(s.plan.Workspaces))), history: s.history}
	s.database = &database{data: folder, apart: s.plan.Apart, history: s.history}
	if err := s.database.open(ctx); err != nil {
		return err
	}
	s.place.Settings = []string{"SWITCHBOARD_PACING=off", "SWITCHBOARD_CONNECT_RATE=unlimited"}
	if s.plan.Apart {
		s.place.Settings = append(s.place.Settings, "DATABASE_URL="+s.database.server.DSN(""))
	}
	s.sandbox = &part{name: "sandbox", history: s.history, away: s.back.watch, start: func(ctx context.Context) (*rig.Process, error) {
		return s.place.StartPhones(ctx, "--no-sync") // processes are killed here, not the machine
	}}
	s.server = &part{name: "server", history: s.history, away: s.back.watch, start: s.startServer}
	if err := s.sandbox.open(ctx); err != nil {
		return err
	}
	return s.server.open(ctx)
}

// startServer starts the server when there are phones: the key it is given is theirs.
func (s *site) startServer(ctx context.Context) (*rig.Process, error) {
	phones := s.place.Phones()
	err := rig.Eventually(ctx, "wait for the phones", func(ctx context.Context) error {
		_, err := phones.RootKey(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.place.StartServer(ctx)
}

// atOnce is how many workspaces are set up, or phones made or read, at the same time.
const atOnce = 4

func together(n int, do func(int) error) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return do(i) })
	}
	return group.Wait()
}

func (s *site) openShop(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	name := fmt.Sprintf("Shop %d of %d", i, s.plan.Seed)
	opened := &shop{number: shopNumber(s.plan.Seed, i)}
	phones := s.place.Phones()
	if err := phones.AddPhone(ctx, opened.number, name, "owner"); err != nil {
		return err
	}
	var err error
	if opened.owner, err = s.place.Product().Elsewhere(i).SignUp(ctx, fmt.Sprintf("owner-%d@example.com", i), name); err != nil {
		return err
	}
	if err := opened.owner.Link(ctx, phones, opened.number); err != nil {
		return fmt.Errorf("link workspace %d: %w", i, err)
	}
	for _, l := range lessons() {
		if err := opened.owner.AddFAQ(ctx, l.answer, l.question); err != nil {
			return err
		}
	}
	s.shops[i] = opened
	return nil
}

func (s *site) close(ctx context.Context) error {
	var errs []error
	for _, p := range []*part{s.server, s.sandbox} {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	if s.back != nil {
		s.back.end()
	}
	if s.database != nil {
		errs = append(errs, s.database.close(context.WithoutCancel(ctx)))
	}
	return errors.Join(append(errs, s.remove())...)
}
