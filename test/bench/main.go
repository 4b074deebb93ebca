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

// plan is how long to measure.
type plan struct {
	Reps   int
	Length time.Duration // of each measurement
	Feed   bool
	JSON   string // file for the result; empty writes none
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	p, err := readPlan(args)
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(context.WithoutCancel(ctx))) }()
	var r report
	for rep := range p.Reps {
		fmt.Fprintf(os.Stderr, "repetition %d of %d\n", rep+1, p.Reps)
		if err := r.appends(ctx, p, db); err != nil {
			return err
		}
	}
	if p.Feed {
		fmt.Fprintln(os.Stderr, "the feed's own benchmarks")
		err = r.feed(ctx, p)
	}
	return errors.Join(err, r.print(p, db)) // what was measured is worth printing either way
}

func readPlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&p.Reps, "reps", 3, "repetitions; the median counts")
	seconds := flags.Float64("seconds", 2, "length of each measurement")
	flags.BoolVar(&p.Feed, "feed", true, "measure the readers of the log too")
	flags.StringVar(&p.JSON, "json", "", "file for the result as JSON")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	p.Length = time.Duration(*seconds * float64(time.Second))
	if p.Reps < 1 || p.Length <= 0 {
		return p, errors.New("reps and seconds must be above zero")
	}
	return p, nil
}
