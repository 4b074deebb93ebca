package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// strike is one fault at its time.
type strike struct {
	At    time.Duration `json:"at"` // after the start
	Fault string        `json:"fault"`
	Shop  int           `json:"shop"`  // whose connection; -1: everybody's
	Pause time.Duration `json:"pause"` // how long it lasts: a process stays away, upgrades are refused
	Draw  uint64        `json:"draw"`  // chooses among variants and seeds chances
}

// rhythm is how often a fault strikes and how long one lasts, drawn evenly between least and most.
type rhythm struct {
	fault       string
	every, last [2]time.Duration
	everybody   bool
}

func rhythms() []rhythm {
	const s, ms = time.Second, time.Millisecond
	return []rhythm{
		{faultKill, [2]time.Duration{4 * s, 9 * s}, [2]time.Duration{0, s}, true},
		{faultPostgres, [2]time.Duration{6 * s, 14 * s}, [2]time.Duration{0, 4 * s}, true},
		{faultPhones, [2]time.Duration{7 * s, 18 * s}, [2]time.Duration{0, 2 * s}, true},
		{faultRefuse, [2]time.Duration{6 * s, 15 * s}, [2]time.Duration{500 * ms, 3 * s}, true},
		{faultHalfOpen, [2]time.Duration{4 * s, 10 * s}, [2]time.Duration{}, false},
		{faultSlow, [2]time.Duration{3 * s, 8 * s}, [2]time.Duration{3 * s, 8 * s}, false},
		{faultMalformed, [2]time.Duration{2 * s, 5 * s}, [2]time.Duration{}, true},
		{faultClose, [2]time.Duration{2 * s, 6 * s}, [2]time.Duration{}, false},
		{faultStream503, [2]time.Duration{4 * s, 9 * s}, [2]time.Duration{}, false},
		{faultLogin503, [2]time.Duration{4 * s, 9 * s}, [2]time.Duration{}, false},
		{faultHostile, [2]time.Duration{2 * s, 5 * s}, [2]time.Duration{}, true},
		{faultTimelock, [2]time.Duration{5 * s, 10 * s}, [2]time.Duration{2 * s, 6 * s}, false},
		{faultLock, [2]time.Duration{10 * s, 20 * s}, [2]time.Duration{s, 4 * s}, true},
		{faultReadOnly, [2]time.Duration{12 * s, 24 * s}, [2]time.Duration{s, 5 * s}, true},
		{faultStall, [2]time.Duration{10 * s, 20 * s}, [2]time.Duration{s, 4 * s}, true},
	}
}

// dropsPerSecond is the share of connections that are reset in each second.
const dropsPerSecond = 0.05

// schedule decides from the seed alone what breaks when. Each fault has dice of its own, so that leaving one out
// leaves the others as they were.
func schedule(p plan) []strike {
	var all []strike
	for i, r := range rhythms() {
		if length, changed := p.Every[r.fault]; changed {
			r.every = [2]time.Duration{length, length}
		}
		if p.has(r.fault) {
			all = append(all, r.strikes(p, dice(p.Seed, uint64(i+1)))...)
		}
	}
	if p.has(faultDrop) {
		all = append(all, drops(p, dice(p.Seed, 100))...)
	}
	slices.SortStableFunc(all, func(a, b strike) int { return cmp.Compare(a.At, b.At) })
	return all
}

func dice(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // repeatable, not secret
}

func (r rhythm) strikes(p plan, d *rand.Rand) []strike {
	var all []strike
	// The first comes early, so that a short run has one too.
	for at := between(d, r.every) / 2; at < p.Duration; at += between(d, r.every) {
		s := strike{At: at, Fault: r.fault, Shop: -1, Pause: between(d, r.last), Draw: d.Uint64()}
		if !r.everybody {
			s.Shop = d.IntN(p.Workspaces)
		}
		all = append(all, s)
	}
	return all
}

func drops(p plan, d *rand.Rand) []strike {
	var all []strike
	for second := time.Duration(0); second < p.Duration; second += time.Second {
		for shop := range p.Workspaces {
			if at := second + between(d, [2]time.Duration{0, time.Second}); d.Float64() < dropsPerSecond && at < p.Duration {
				all = append(all, strike{At: at, Fault: faultDrop, Shop: shop})
			}
		}
	}
	return all
}

func between(d *rand.Rand, limits [2]time.Duration) time.Duration {
	return limits[0] + time.Duration(d.Int64N(int64(limits[1]-limits[0])+1))
}
