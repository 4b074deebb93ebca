package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"switchboard.example/test/rig"
)

// plan is what to do.
type plan struct {
	Frames, Batch, Workspaces int
	Seed                      uint64
	Binary                    string
	Answer                    time.Duration // how long an answer may take between two batches
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	var p plan
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	flags.IntVar(&p.Frames, "frames", 10_000, "how many frames are sent")
	flags.IntVar(&p.Batch, "batch", 500, "how many go between two questions of a customer")
	flags.IntVar(&p.Workspaces, "workspaces", 5, "how many workspaces are linked; each gets its share")
	flags.Uint64Var(&p.Seed, "seed", 1, "the same seed sends the same frames")
	flags.StringVar(&p.Binary, "binary", "", "the program to start; empty builds it")
	flags.DurationVar(&p.Answer, "answer", 30*time.Second, "how long an answer may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	folder, remove, err := rig.Folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	s, err := open(ctx, p, folder)
	if err != nil {
		if s.server != nil {
			fmt.Fprintln(os.Stderr, s.server.Output())
		}
		return errors.Join(err, s.close())
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r := s.attack(ctx, p)
	fmt.Printf("seed %d: %d frames and %d of no length, %d process exits, %d links lost, %d of %d questions answered, slowest %s\n",
		p.Seed, r.sent, r.zero, r.exits+r.zeroExits, r.lost, r.answered, r.asked, r.slowest.Round(time.Millisecond))
	card := r.scorecard()
	card.Print(os.Stdout)
	if r.lost > 0 || r.answered < r.asked {
		err = errors.New("frames did harm")
	}
	return errors.Join(err, card.Missed())
}

const customer = "2348039999999"

// site is a running product with its workspaces.
type site struct {
	phones  *rig.Sandbox
	server  *rig.Process
	sandbox *rig.Process
	owners  []*rig.Owner
	numbers []string
}

func open(ctx context.Context, p plan, folder string) (s *site, err error) {
	s = &site{}
	if p.Binary == "" {
		if p.Binary, err = rig.Build(ctx, folder); err != nil {
			return s, err
		}
	}
	place, err := rig.NewSite(ctx, p.Binary, folder)
	if err != nil {
		return s, err
	}
	place.Settings = []string{"SWITCHBOARD_PACING=off", "SWITCHBOARD_CONNECT_RATE=unlimited", "SWITCHBOARD_LOG=error"}
	s.phones = place.Phones()
	if s.sandbox, err = place.StartPhones(ctx, "--no-sync"); err != nil {
		return s, err
	}
	if s.server, err = place.StartServer(ctx); err != nil {
		return s, err
	}
	if err := s.phones.AddPhone(ctx, customer, "Ada", "customer"); err != nil {
		return s, err
	}
	for i := range p.Workspaces {
		if err := s.addShop(ctx, place.Product(), i); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *site) addShop(ctx context.Context, product *rig.Product, i int) error {
	number := fmt.Sprint(2348030000001 + i)
	if err := s.phones.AddPhone(ctx, number, "Shop", "owner"); err != nil {
		return err
	}
	owner, err := product.Elsewhere(i).SignUp(ctx, fmt.Sprintf("shop%d@example.com", i), fmt.Sprint("Shop ", i))
	if err != nil {
		return err
	}
	if err := owner.AddFAQ(ctx, "From eight to five.", "When are you open?"); err != nil {
		return err
	}
	s.owners, s.numbers = append(s.owners, owner), append(s.numbers, number)
	return owner.Link(ctx, s.phones, number)
}

func (s *site) close() error {
	var errs []error
	for _, p := range []*rig.Process{s.server, s.sandbox} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(errs...)
}

// result is what came of the frames.
type result struct {
	sent, exits                  int // damaged and hurtful frames, and exits of the process after them
	zero, zeroExits              int // frames of no length
	lost, asked, answered, batch int
	slowest                      time.Duration
}

// scorecard puts the exits beside their limits.
func (r result) scorecard() *rig.Scorecard {
	var card rig.Scorecard
	card.Add(rig.Exits, rig.CountOf(r.exits, r.sent), fmt.Sprintf("of %d", r.sent))
	card.Add(rig.ZeroFrames, rig.CountOf(r.zeroExits, r.zero), fmt.Sprintf("of %d", r.zero))
	return &card
}

// attack sends the frames batch by batch, to one workspace after the other, and then each workspace a frame of no length, with
// a question after each.
func (s *site) attack(ctx context.Context, p plan) (r result) {
	for r.sent < p.Frames && r.exits == 0 && ctx.Err() == nil {
		n := min(p.Batch, p.Frames-r.sent)
		if s.strike(ctx, p, &r, map[string]any{"kind": "hostile", "code": n, "seed": p.Seed<<32 | uint64(r.batch)}) { //nolint:gosec // a small count
			r.exits++
		}
		r.sent += n
	}
	for r.zero < len(s.numbers) && r.exits+r.zeroExits == 0 && ctx.Err() == nil {
		if s.strike(ctx, p, &r, map[string]any{"kind": "zero_frame"}) {
			r.zeroExits++
		}
		r.zero++
	}
	for _, number := range s.numbers {
		if n, err := s.phones.Devices(ctx, number); err != nil || n == 0 {
			r.lost++
		}
	}
	return r
}

// strike sends frames to the next workspace, lets a customer ask it, and says whether the process ended.
func (s *site) strike(ctx context.Context, p plan, r *result, order map[string]any) (ended bool) {
	shop := r.batch % len(s.numbers)
	order["phone"] = s.numbers[shop]
	if err := s.phones.Fault(ctx, order); err != nil {
		fmt.Fprintln(os.Stderr, "hostile: order:", err)
	}
	began := time.Now()
	r.asked++
	if err := s.ask(ctx, p, shop); err != nil {
		fmt.Fprintf(os.Stderr, "hostile: batch %d: %v\n", r.batch, err)
	} else {
		r.answered++
	}
	r.batch++
	r.slowest = max(r.slowest, time.Since(began))
	select {
	case <-s.server.Ended():
		fmt.Fprintln(os.Stderr, s.server.Output())
		return true
	default:
		return false
	}
}

func (s *site) ask(ctx context.Context, p plan, shop int) error {
	ctx, cancel := context.WithTimeout(ctx, p.Answer)
	defer cancel()
	number := s.numbers[shop]
	before, err := s.answers(ctx, number)
	if err != nil {
		return err
	}
	if _, err := s.phones.Send(ctx, customer, number, "When are you open?", "phone"); err != nil {
		return err
	}
	return rig.Eventually(ctx, "wait for the answer", func(ctx context.Context) error {
		select {
		case <-s.server.Ended():
			return errors.New("the process ended")
		default:
		}
		now, err := s.answers(ctx, number)
		if err == nil && now == before {
			return rig.ErrNotYet
		}
		return err
	})
}

// answers counts what the customer has from a shop.
func (s *site) answers(ctx context.Context, shop string) (int, error) {
	all, err := s.phones.Messages(ctx, customer)
	if err != nil {
		return 0, err
	}
	return len(slices.DeleteFunc(all, func(m rig.Message) bool { return m.Direction != "in" || m.Peer != shop })), nil
}
