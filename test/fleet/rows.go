package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"switchboard.example/test/rig"
)

// killed ends the server with SIGKILL, starts it again at once with its rate lifted and returns how long after the kill each of its n lines was there.
func (s *site) killed(ctx context.Context, n int) ([]time.Duration, error) {
	since := time.Now()
	s.server.Kill()
	if err := s.startServer(ctx, liftedRate); err != nil {
		return nil, err
	}
	took, away, err := s.back(ctx, s.shops[:n], since)
	if err == nil && away > 0 {
		say("%d of %d lines are not back", away, n)
	}
	return took, err
}

func (s *site) restart(ctx context.Context, card *rig.Scorecard) error {
	if err := s.keep(ctx, s.plan.Restarted); err != nil {
		return err
	}
	took, err := s.killed(ctx, s.plan.Restarted)
	if err != nil {
		return err
	}
	card.Add(rig.Restart, rig.Seconds(took, 1), spread(took))
	return s.reopen(ctx)
}

// coldStart stops the server in order and measures from the moment it is started.
func (s *site) coldStart(ctx context.Context, card *rig.Scorecard) error {
	if err := s.server.Stop(); err != nil {
		return err
	}
	since := time.Now()
	if err := s.startServer(ctx); err != nil {
		return err
	}
	ready := time.Since(since)
	took, _, err := s.back(ctx, s.shops, since)
	card.Add(rig.ColdStart, rig.Seconds(took, 1), fmt.Sprintf("%s; the server ready after %.1f s", spread(took), ready.Seconds()))
	return err
}

// returns measures from the moment the local WhatsApp is there again.
func (s *site) returns(ctx context.Context, card *rig.Scorecard) error {
	if err := s.atUsualRate(ctx); err != nil {
		return err
	}
	s.sandbox.Kill()
	if err := pause(ctx, s.plan.Away); err != nil {
		return err
	}
	since := time.Now()
	if err := s.startPhones(ctx); err != nil {
		return err
	}
	start := time.Since(since)
	took, _, err := s.back(ctx, s.shops, since)
	for i := range took {
		took[i] -= start
	}
	card.Add(rig.Return, rig.Seconds(took, 1), spread(took))
	return err
}

// drops are the ways in which a line ends that is not half open.
func drops() []string { return []string{"drop", "close", "stream_503", "login_503"} }

// refusing is how long no login at all is taken once all lines have been cut: to refuse each of a thousand its first try would need
// two thousand tries, for which the usual rate takes longer than they may be away.
const refusing = 10 * time.Second

// drop cuts single lines, and then all at once, in every way.
func (s *site) drop(ctx context.Context, card *rig.Scorecard) error {
	if err := s.atUsualRate(ctx); err != nil {
		return err
	}
	for _, group := range []struct {
		name  string
		lines []*rig.Shop
	}{{"single lines", s.some()}, {"all lines at once", s.shops}} {
		var all []time.Duration
		for _, kind := range drops() {
			since, err := s.cut(ctx, kind, group.lines)
			if err != nil {
				return err
			}
			took, _, err := s.back(ctx, group.lines, since)
			if err != nil {
				return err
			}
			say("%s of %s: %s", kind, group.name, spread(took))
			all = append(all, took...)
		}
		limit := rig.Back
		limit.What = "back after a drop, p99, " + group.name
		card.Add(limit, rig.Seconds(all, 0.99), spread(all))
	}
	return nil
}

// cut ends the lines and returns from when on they could be back.
func (s *site) cut(ctx context.Context, kind string, lines []*rig.Shop) (since time.Time, err error) {
	since = time.Now()
	if kind == "login_503" && len(lines) == len(s.shops) {
		err = s.phones.Fault(ctx, map[string]any{"kind": kind, "seconds": refusing.Seconds()})
		if err != nil {
			return since, err
		}
		return since.Add(refusing), pause(ctx, refusing)
	}
	return since, together(len(lines), func(i int) error {
		return s.phones.Fault(ctx, map[string]any{"kind": kind, "phone": lines[i].Number})
	})
}

// halfOpen freezes single lines for good: they take everything and give nothing back, and only the server can end them.
func (s *site) halfOpen(ctx context.Context, card *rig.Scorecard) error {
	lines, since := s.some(), time.Now()
	err := together(len(lines), func(i int) error {
		return s.phones.Fault(ctx, map[string]any{"kind": "half_open", "phone": lines[i].Number})
	})
	if err != nil {
		return err
	}
	took, _, err := s.back(ctx, lines, since)
	card.Add(rig.HalfOpen, rig.Seconds(took, 1), spread(took))
	return err
}

// some are single lines, by the seed.
func (s *site) some() []*rig.Shop {
	dice := rand.New(rand.NewPCG(s.plan.Seed, 0)) //nolint:gosec // repeatable, not secret
	lines := make([]*rig.Shop, s.plan.Single)
	for i, n := range dice.Perm(len(s.shops))[:s.plan.Single] {
		lines[i] = s.shops[n]
	}
	return lines
}

// atUsualRate makes sure that the server connects at the rate it has by default: earlier rows may have lifted it.
func (s *site) atUsualRate(ctx context.Context) error {
	if !s.plan.has(rowMemory) && !s.plan.has(rowRestart) || s.plan.has(rowCold) {
		return nil
	}
	if err := s.server.Stop(); err != nil {
		return err
	}
	since := time.Now()
	if err := s.startServer(ctx); err != nil {
		return err
	}
	_, _, err := s.back(ctx, s.shops, since)
	return err
}

func spread(took []time.Duration) string {
	at := func(share float64) float64 { return rig.Quantile(took, share).Seconds() }
	return fmt.Sprintf("%d, p50 %.1f s, p99 %.1f s, longest %.1f s", len(took), at(0.5), at(0.99), at(1))
}
