package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"switchboard.example/test/rig"
)

// plan is what to do.
type plan struct {
	Attempts, Workspaces int
	Seed                 uint64
	Lost515, Slow        float64 // shares of attempts
	Expire, Typed        float64
	Resets               float64       // share of connections
	CodeLife             time.Duration // how long the only code of a connection works; 0: as WhatsApp does it
	Shown                time.Duration // how soon a code has to be there
	Connected            time.Duration // how soon after the phone's consent the line has to be there
	Binary               string        // the program to start; empty builds it
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "attempts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	p, err := readPlan(args)
	if err != nil {
		return err
	}
	s, err := open(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	began := time.Now()
	outcomes, err := s.attempt(ctx, deal(p))
	if err != nil {
		return err
	}
	fmt.Printf("\nseed %d: %d attempts of %d workspaces in %.0f s, %d of %d connections reset, load average %s\n",
		p.Seed, len(outcomes), p.Workspaces, time.Since(began).Seconds(), s.cutter.cut.Load(), s.cutter.seen.Load(), rig.LoadAverage())
	table(os.Stdout, outcomes)
	card := scorecard(outcomes)
	card.Print(os.Stdout)
	return card.Missed()
}

func readPlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("attempts", flag.ContinueOnError)
	flags.IntVar(&p.Attempts, "attempts", 1000, "how many attempts are made")
	flags.IntVar(&p.Workspaces, "workspaces", 50, "how many workspaces make them, each one after the other")
	flags.Uint64Var(&p.Seed, "seed", 1, "what happens to which attempt; the same seed deals the same")
	flags.Float64Var(&p.Typed, "typed", 0.5, "share of attempts by a code that is typed instead of scanned")
	flags.Float64Var(&p.Lost515, "lost515", 0.1, "share of attempts whose 515 is lost")
	flags.Float64Var(&p.Slow, "slow", 0.1, "share of attempts whose owner is slow")
	flags.Float64Var(&p.Expire, "expire", 0.05, "share of attempts whose owner lets the code expire and asks again")
	flags.Float64Var(&p.Resets, "resets", 0.05, "share of connections that are reset in their first two seconds")
	flags.DurationVar(&p.CodeLife, "code-life", 0, "let a connection have one code that works so long, to be done sooner; 0: six codes in 160 s, as WhatsApp does")
	flags.DurationVar(&p.Shown, "shown", 10*time.Second, "how soon a code has to be shown")
	flags.DurationVar(&p.Connected, "connected", time.Minute, "how soon after the phone's consent the line has to be there")
	flags.StringVar(&p.Binary, "binary", "", "the program to start; empty builds it")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	return p, p.check()
}

// mostLinks is how often a phone can be linked before it has used up its devices' numbers, with some to spare.
const mostLinks = 200

func (p plan) check() error {
	for _, share := range []float64{p.Lost515, p.Slow, p.Expire, p.Typed, p.Resets} {
		if share < 0 || share > 1 {
			return errors.New("a share is between 0 and 1")
		}
	}
	switch {
	case p.Attempts < 1 || p.Workspaces < 1 || p.Shown <= 0 || p.Connected <= 0:
		return errors.New("attempts, workspaces and times must be above zero")
	case p.Lost515+p.Slow+p.Expire > 1:
		return errors.New("one thing happens to an attempt: lost515, slow and expire are 1 together at most")
	case p.Attempts > mostLinks*p.Workspaces:
		return fmt.Errorf("a phone links %d times at most: take more workspaces", mostLinks)
	}
	return nil
}
