package main

import (
	"fmt"
	"math"
	"slices"

	"switchboard.example/test/rig"
)

// scorecard puts the figures beside their limits. Those that belong to one kind of fault are judged when nothing else struck, and
// only told in a mix.
func (r *result) scorecard(p plan) *rig.Scorecard {
	var card rig.Scorecard
	f := r.Figures
	of := fmt.Sprintf("of %d", f.Written)
	card.Add(rig.Lost, float64(f.Lost), of)
	card.Add(rig.Doubled, float64(f.Doubled), of)
	card.Add(rig.Unreadable, float64(f.Garbled), fmt.Sprintf("of %d", f.Replies))
	injected := r.Struck[faultAckError] > 0 && r.Struck[faultDrop] > 0
	delivered := rig.Share(f.Answered, f.Written)
	if p.only(faultAckError, faultDrop) && !injected {
		delivered = math.NaN() // nothing was injected, so nothing is proved
	}
	card.AddIf(p.only(faultAckError, faultDrop), rig.Delivered, delivered,
		fmt.Sprintf("%s; %d sends answered with an error, %d drops; %d given up, %d too late", of, r.Struck[faultAckError], r.Struck[faultDrop], f.Failed, f.TooOld))
	card.AddIf(p.only(faultDrop, faultClose, faultStream503, faultLogin503, faultRefuse), rig.Back, figure(r.Lines), fmt.Sprintf("%d lines lost", r.Lines.N))
	if r.Looks > 0 {
		card.Add(rig.Honest, r.Lies.Max.Seconds(), fmt.Sprintf("%d looks, wrong %d times", r.Looks, r.Lies.N))
	}
	if p.has(faultHalfOpen) {
		card.Add(rig.HonestIce, r.HalfOpen.Max.Seconds(), fmt.Sprintf("wrong %d times", r.HalfOpen.N))
	}
	return &card
}

// only says whether all faults that strike are among these.
func (p plan) only(these ...string) bool {
	return len(p.Faults) > 0 && !slices.ContainsFunc(p.Faults, func(fault string) bool { return !slices.Contains(these, fault) })
}

func figure(s spread) float64 {
	if s.N == 0 {
		return math.NaN()
	}
	return s.P99.Seconds()
}
