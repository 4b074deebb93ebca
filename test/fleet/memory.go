package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"switchboard.example/test/rig"
)

// footprint is what the server holds of memory, in KiB, after its garbage was collected and it came to rest.
type footprint struct {
	lines                 int
	resident, heap, stack float64
}

// grow links the workspaces, and reads the memory on the way when that is wanted.
func (s *site) grow(ctx context.Context, card *rig.Scorecard) error {
	if !s.plan.has(rowMemory) {
		return s.link(ctx, s.plan.Workspaces)
	}
	var all []footprint
	for _, n := range s.plan.Steps {
		if err := s.link(ctx, n); err != nil {
			return err
		}
		at, err := s.footprint(ctx, n)
		if err != nil {
			return err
		}
		all = append(all, at)
	}
	s.score(card, "as it grew", all)
	return s.restarted(ctx, card)
}

// restarted reads the memory of servers that found their lines when they started, most lines first.
func (s *site) restarted(ctx context.Context, card *rig.Scorecard) error {
	var all []footprint
	for _, n := range slices.Backward(s.plan.Steps) {

		if err := s.keep(ctx, n); err != nil {
			return err
		}
		if _, err := s.killed(ctx, n); err != nil {
			return err
		}
		at, err := s.footprint(ctx, n)
		if err != nil {
			return err
		}
		all = append(all, at)
	}
	s.score(card, "restarted", all)
	return s.reopen(ctx)
}

// judgedFrom is how many lines a slope has to reach over; below, what the process needs for itself moves more than lines do.
const judgedFrom = 400

func (s *site) score(card *rig.Scorecard, how string, all []footprint) {
	var lines, resident, heap, stack []float64
	for _, f := range all {
		lines, resident, heap, stack = append(lines, float64(f.lines)), append(resident, f.resident), append(heap, f.heap), append(stack, f.stack)
	}
	limit := rig.PerSession
	limit.What += ", " + how
	remark := fmt.Sprintf("heap %.0f, stacks %.0f KiB each", rig.Slope(lines, heap), rig.Slope(lines, stack))
	card.AddIf(math.Abs(lines[0]-lines[len(lines)-1]) >= judgedFrom, limit, rig.Slope(lines, resident), remark)
}

// footprint collects the garbage every second and takes the least of what is seen: what is above it could be given back.
// Owners' connections to the dashboard are none of a line's.
func (s *site) footprint(ctx context.Context, n int) (footprint, error) {
	for _, shop := range s.shops {
		shop.Owner.HangUp()
	}
	least := footprint{lines: n, resident: math.Inf(1), heap: math.Inf(1), stack: math.Inf(1)}
	for end := time.Now().Add(s.plan.Settle); ; {
		live, err := rig.Collect(ctx, s.metrics)
		if err != nil {
			return least, err
		}
		all, err := rig.Metrics(ctx, s.metrics)
		if err != nil {
			return least, err
		}
		least.resident = min(least.resident, all["process_resident_memory_bytes"]/1024)
		least.heap = min(least.heap, float64(live)/1024)
		least.stack = min(least.stack, all["go_memstats_stack_inuse_bytes"]/1024)
		if time.Now().After(end) {
			say("%d lines: %.1f MiB resident, heap %.1f, stacks %.1f", n, least.resident/1024, least.heap/1024, least.stack/1024)
			return least, nil
		}
		if err := pause(ctx, time.Second); err != nil {
			return least, err
		}
	}
}
