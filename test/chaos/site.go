package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
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
	honest   *honesty
	points   *points
	metrics  string   // where the server tells about itself
	log      *os.File // what the server printed, all of it
	logged   int      // lines of it
	before   vitals   // of the server, with everything linked and nobody writing
	began    time.Time
	look     func() // ends looking at what is shown
	drained  drained
	taken    map[string]int // chances of single messages that were taken, by fault
	thrown   sync.Mutex
	throws   map[string]int // how often dice were taken for them, by fault
	remove   func() error

	mu    sync.Mutex
	codes []string // that were shown, to find them where they must not be
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
	s = &site{plan: p, history: h, remove: remove, points: newPoints(p, h), taken: map[string]int{}, throws: map[string]int{}}
	s.honest = newHonesty(s)
	if err := s.start(ctx, folder); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	s.shops = make([]*shop, p.Workspaces)
	if err := together(p.Workspaces, func(i int) error { return s.openShop(ctx, i) }); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	if s.before, err = s.vitals(ctx); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

func (s *site) start(ctx context.Context, folder string) (err error) {
	binary := s.plan.Binary
	if binary == "" {
		if binary, err = rig.Build(ctx, folder, s.points.tags()...); err != nil {
			return err
		}
	}
	if s.log, err = os.Create(filepath.Join(folder, "server.log")); err != nil { //nolint:gosec // our own folder
		return err
	}
	if s.metrics, err = rig.FreeAddr(ctx); err != nil {
		return err
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
	s.place.Log = s.log
	s.place.Settings = []string{"SWITCHBOARD_PACING=off", "SWITCHBOARD_CONNECT_RATE=unlimited", "SWITCHBOARD_METRICS_ADDR=" + s.metrics}
	if s.plan.Pacing {
		s.place.Settings[0] = "SWITCHBOARD_PACING=on"
	}
	if s.plan.Relinks > 0 {
		s.place.Settings = append(s.place.Settings, rig.FineProfiles)
	}
	if s.plan.Apart {
		s.place.Settings = append(s.place.Settings, "DATABASE_URL="+s.database.server.DSN(""))
	}
	s.sandbox = &part{name: "sandbox", history: s.history, away: s.back.watch, start: func(ctx context.Context) (*rig.Process, error) {
		return s.place.StartPhones(ctx, "--no-sync") // processes are killed here, not the machine
	}}
	s.server = &part{name: "server", history: s.history, away: s.back.watch, start: s.startServer, killed: s.points.struck}
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
	server, err := s.place.StartServerWith(ctx, s.points.next()...)
	if err != nil && s.points.during(err) {
		return nil, rig.ErrNotYet // it ended where it was told to before it was ready
	}
	return server, err
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
	name := fmt.Sprintf("Shop %d %s", i, marker(s.plan.Seed, i))
	opened := &shop{number: shopNumber(s.plan.Seed, i)}
	phones := s.place.Phones()
	if err := phones.AddPhone(ctx, opened.number, name, "owner"); err != nil {
		return err
	}
	var err error
	if opened.owner, err = s.place.Product().Elsewhere(i).SignUp(ctx, fmt.Sprintf("owner-%d@example.com", i), name); err != nil {
		return err
	}
	if err := s.link(ctx, opened); err != nil {
		return fmt.Errorf("link workspace %d: %w", i, err)
	}
	for _, l := range lessons() {
		if err := opened.owner.AddFAQ(ctx, teaching(s.plan.Seed, i, l), l.question); err != nil {
			return err
		}
	}
	s.shops[i] = opened
	return nil
}

// link links a shop's number as a person does, and remembers the code.
func (s *site) link(ctx context.Context, one *shop) error {
	if err := one.owner.Connect(ctx); err != nil {
		return err
	}
	code, err := one.owner.QR(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.codes = append(s.codes, code)
	s.mu.Unlock()
	if err := s.place.Phones().Scan(ctx, one.number, code); err != nil {
		return err
	}
	return one.owner.Online(ctx)
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
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(append(errs, s.remove())...)
}
