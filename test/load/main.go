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
)

// plan is what to do.
type plan struct {
	Workspaces int
	Rate       float64 // messages per second, over all workspaces
	Duration   time.Duration
	Warm       time.Duration // how long customers write before that, untimed: everybody is new then
	Seed       uint64
	Idle       time.Duration // how long nothing happens first, to see what merely being linked costs
	Settle     time.Duration // how long to wait for the last answers
	Pacing     bool          // the bot types and waits as it does for people, and every question is a newcomer's

	Server, Phones string // host:port of what runs already; empty starts both
	Database       string // address of the running server's database; empty leaves out where the time went
	Binary         string // the program to start; empty builds it
	Profile        string // where to write what the server spent its CPU on while customers wrote; empty: nowhere
	JSON           string // where to write the result as JSON; empty is standard output, after the table
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
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
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	shops, err := prepare(ctx, p, s)
	if err != nil {
		return err
	}
	crowd, err := gather(ctx, p, s.phones, shops)
	if err != nil {
		return err
	}
	idle, err := s.idle(ctx, p.Idle)
	if err != nil {
		return err
	}
	profiled := s.profile(ctx, p)
	before := s.usage()
	took, err := crowd.write(ctx, p, shops)
	if err != nil {
		return err
	}
	used := s.usage().since(before, took)
	if err := profiled(); err != nil {
		return err
	}
	r, err := measure(ctx, p, s, shops, crowd)
	if err != nil {
		return err
	}
	r.Processes, r.Idle = used, idle
	return r.print(p)
}

func readPlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.IntVar(&p.Workspaces, "workspaces", 100, "how many workspaces are linked")
	flags.Float64Var(&p.Rate, "rate", 20, "messages per second, over all workspaces")
	flags.DurationVar(&p.Duration, "duration", time.Minute, "how long customers write")
	flags.DurationVar(&p.Warm, "warm", 0, "how long customers write before that, untimed but counted, so that not everybody is new when it begins")
	flags.Uint64Var(&p.Seed, "seed", 1, "who writes what; the same seed writes the same")
	flags.DurationVar(&p.Idle, "idle", 5*time.Second, "how long nothing happens first, to see what merely being linked costs")
	flags.DurationVar(&p.Settle, "settle", 10*time.Second, "how long to wait for the last answers")
	flags.BoolVar(&p.Pacing, "pacing", false, "let the bot type, wait and pace its replies as it does for people; every question is then a newcomer's")
	flags.StringVar(&p.Server, "server", "", "host:port of a running server, linked to --phones; empty starts one")
	flags.StringVar(&p.Phones, "phones", "", "host:port of a running sandbox; empty starts one")
	flags.StringVar(&p.Database, "database", "", "address of the running server's database, to tell where the time went")
	flags.StringVar(&p.Binary, "binary", "", "the program to start; empty builds it")
	flags.StringVar(&p.Profile, "profile", "", "file for a CPU profile of the server while customers write, for go tool pprof")
	flags.StringVar(&p.JSON, "json", "", "file for the result as JSON; empty prints it after the table")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	switch {
	case p.Workspaces < 1 || p.Rate <= 0 || p.Duration <= 0:
		return p, errors.New("workspaces, rate and duration must be above zero")
	case (p.Server == "") != (p.Phones == ""):
		return p, errors.New("give --server and --phones together, or neither")
	}
	return p, nil
}
