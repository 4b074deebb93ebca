package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"switchboard.example/test/rig"
)

// plan is what to do.
type plan struct {
	Workspaces int
	Seed       uint64
	Rows       []string
	Steps      []int         // numbers of lines at which memory is read
	Restarted  int           // lines that are there when the server is killed
	Single     int           // lines that are cut or frozen one by one
	Away       time.Duration // how long the local WhatsApp and the database stay away
	Settle     time.Duration // how long the server may come to rest before its memory is read
	Patience   time.Duration // after which a line that is not back counts as if it had come then
	Binary     string        // the program to start; empty builds it
}

// The rows, in the order in which they are measured.
const (
	rowMemory   = "memory"
	rowRestart  = "restart"
	rowCold     = "cold"
	rowReturn   = "return"
	rowDrop     = "drop"
	rowHalfOpen = "half_open"
	rowOutage   = "outage"
)

func allRows() []string {
	return []string{rowMemory, rowRestart, rowCold, rowReturn, rowDrop, rowHalfOpen, rowOutage}
}

func (p plan) has(row string) bool { return slices.Contains(p.Rows, row) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "fleet:", err)
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
	var card rig.Scorecard
	failed := s.measure(ctx, &card)
	fmt.Printf("\n%d workspaces, seed %d, load average %s\n", p.Workspaces, p.Seed, rig.LoadAverage())
	card.Print(os.Stdout)
	return errors.Join(failed, card.Missed())
}

// measure does row after row. What was measured before one that fails is still told.
func (s *site) measure(ctx context.Context, card *rig.Scorecard) error {
	if err := s.grow(ctx, card); err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		do   func(context.Context, *rig.Scorecard) error
	}{
		{rowRestart, s.restart}, {rowCold, s.coldStart}, {rowReturn, s.returns}, {rowDrop, s.drop}, {rowHalfOpen, s.halfOpen}, {rowOutage, s.outage},
	} {
		if !s.plan.has(row.name) {
			continue
		}
		say("measuring: %s", row.name)
		if err := row.do(ctx, card); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func readPlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.IntVar(&p.Workspaces, "workspaces", 1000, "how many workspaces are linked")
	flags.Uint64Var(&p.Seed, "seed", 1, "whose line is cut; the same seed cuts the same")
	rows := flags.String("rows", strings.Join(allRows(), ","), "what is measured, separated by commas")
	flags.IntVar(&p.Restarted, "restarted", 500, "lines that are there when the server is killed; all when there are fewer")
	flags.IntVar(&p.Single, "single", 20, "lines that are cut, frozen or written to one by one")
	flags.DurationVar(&p.Away, "away", 10*time.Second, "how long the local WhatsApp and the database stay away")
	flags.DurationVar(&p.Settle, "settle", 20*time.Second, "how long the server may come to rest before its memory is read")
	flags.DurationVar(&p.Patience, "patience", 2*time.Minute, "after which a line that is not back counts as if it had come then")
	flags.StringVar(&p.Binary, "binary", "", "the program to start; empty builds it")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	p.Rows = strings.Split(*rows, ",")
	for _, row := range p.Rows {
		if !slices.Contains(allRows(), row) {
			return p, fmt.Errorf("there is no row %q; there are %s", row, strings.Join(allRows(), ", "))
		}
	}
	if p.Workspaces < 2 || p.Single < 1 || p.Restarted < 1 {
		return p, errors.New("there must be two workspaces at least, and a line to cut and to restart")
	}
	p.Restarted, p.Single = min(p.Restarted, p.Workspaces), min(p.Single, p.Workspaces)
	p.Steps = steps(p.Workspaces)
	return p, nil
}

// steps are the numbers of lines at which memory is read: a tenth, a quarter, half, all.
func steps(workspaces int) []int {
	return slices.Compact([]int{max(1, workspaces/10), max(1, workspaces/4), max(1, workspaces/2), workspaces})
}
