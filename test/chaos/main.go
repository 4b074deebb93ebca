package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"syscall"
	"time"

	"switchboard.example/test/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := begin(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func begin(ctx context.Context, args []string) error {
	p, err := readPlan(args)
	if err != nil {
		return err
	}
	if p.Relinks > 0 {
		return relink(ctx, p, os.Stdout)
	}
	r, err := run(ctx, p, os.Stdout)
	if err != nil {
		return err
	}
	card := r.scorecard(p)
	card.Print(os.Stdout)
	if n := len(r.Violations); n > 0 {
		err = fmt.Errorf("%d violations with seed %d", n, p.Seed)
	}
	return errors.Join(err, card.Missed())
}

// run does what the plan says, tells about it, and returns what came of it.
func run(ctx context.Context, p plan, out io.Writer) (r *result, err error) {
	h := newHistory()
	s, err := open(ctx, p, h)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", p.Seed, err)
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	c, err := gather(ctx, s)
	if err != nil {
		return nil, err
	}
	say(out, "seed %d: %d workspaces linked, %d customers write %d messages", p.Seed, p.Workspaces, len(c.numbers()), len(c.asks))
	if err := s.offline(ctx, c); err != nil {
		return nil, err
	}
	if err := s.storm(ctx, c); err != nil {
		return nil, err
	}
	say(out, "the storm is over, waiting for quiet")
	took, left, unquiet := s.settle(ctx)
	s.look()
	s.back.end()
	e, err := collect(ctx, s, c)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", p.Seed, err)
	}
	r = s.judge(e, took, left, unquiet)
	r.print(out)
	return r, s.keep(out, r, e)
}

func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }

// storm lets customers write and faults strike at the same time.
func (s *site) storm(ctx context.Context, c *crowd) error {
	begin := s.history.start()
	s.history.add("the storm begins", begin.UTC())
	s.began = begin
	watching, stop := context.WithCancel(ctx)
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		s.honest.watch(watching)
	}()
	s.look = func() {
		stop()
		<-looked
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.rage(ctx, begin)
	}()
	c.write(ctx, begin, s.shops)
	<-over
	return errors.Join(s.calm(ctx), ctx.Err())
}

// calm ends what does not end by itself: a server that would end itself is started again to live, and where frames were
// damaged, which leaves their messages with the other side until there is another connection, everybody gets another one.
func (s *site) calm(ctx context.Context) error {
	s.points.rage(false)
	if s.plan.has(faultPoints) {
		if err := s.server.crash(ctx, 0); err != nil {
			return err
		}
	}
	if s.plan.has(faultCorruptFrame) {
		return s.phones.order(ctx, map[string]any{"kind": faultDrop})
	}
	return nil
}

// judge puts together what was seen.
func (s *site) judge(e evidence, took time.Duration, left unrest, unquiet error) *result {
	r := &result{Command: s.plan.command(), Seed: s.plan.Seed, Settled: took, Left: left, Struck: map[string]int{}}
	e.Began = s.began
	r.Figures, r.Violations = check(e)
	r.Lies, r.HalfOpen, r.Looks = spreadOf(tookOf(e.Lies, false)), spreadOf(tookOf(e.Lies, true)), s.honest.looks
	r.Load = rig.LoadAverage()
	r.Before, r.After, r.Logged = e.Before, e.After, s.logged
	r.Drained = s.drained
	if unquiet != nil {
		r.Violations = append(r.Violations, violation{ruleQuiet, unquiet.Error()})
	}
	maps.Copy(r.Struck, s.taken)
	for _, one := range schedule(s.plan) {
		r.Struck[one.Fault]++
	}
	for _, name := range []string{"server", "sandbox"} {
		r.Restarts += s.history.count("start of the " + name + " failed")
	}
	for _, what := range []string{endedByItself, "start given up"} {
		if n := s.history.count(what); n > 0 {
			r.Violations = append(r.Violations, violation{ruleAlive, fmt.Sprintf("%s: %d times, see the history", what, n)})
		}
	}
	for _, point := range s.plan.Points {
		if n := s.history.count(atPoint + point); n > 0 {
			r.Struck[point] = n
		}
	}
	for _, what := range []string{missed, "a customer could not write"} {
		if n := s.history.count(what); n > 0 {
			r.Struck[what] = n
		}
	}
	r.Back, r.Whole, r.Cut = spreadOf(s.back.took), spreadOf(s.back.whole), s.back.cut
	r.Lines, r.Ready = spreadOf(lost(e.Lines)), spreadOf(s.back.ready)
	r.Resumed = spreadOf(s.back.resumed)
	return r
}

// keep keeps the evidence when that is wanted or something is wrong.
func (s *site) keep(out io.Writer, r *result, e evidence) (err error) {
	folder := s.plan.Keep
	if folder == "" && len(r.Violations) == 0 {
		return nil
	}
	if folder == "" {
		if folder, err = os.MkdirTemp("", "switchboard-chaos-"); err != nil {
			return fmt.Errorf("keep the evidence: %w", err)
		}
	}
	say(out, "the evidence is in %s; do the same again with:\n  %s", folder, s.plan.command())
	return r.keep(folder, s, s.history, e)
}
