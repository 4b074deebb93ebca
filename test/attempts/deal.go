package main

import (
	"math"
	"math/rand/v2"
	"time"
)

// What may happen to an attempt.
const (
	nothing = "nothing"
	lost515 = "515 lost"
	slow    = "slow"
	expire  = "expired"
)

// try is one attempt as it was dealt.
type try struct {
	number int
	typed  bool
	happen string
	pause  time.Duration // of a slow owner
}

// deal decides from the seed alone what happens to which attempt: exact shares, in a random order.
func deal(p plan) []try {
	dice := rand.New(rand.NewPCG(p.Seed, 0)) //nolint:gosec // repeatable, not secret
	tries := make([]try, p.Attempts)
	deck := make([]string, 0, p.Attempts)
	for _, one := range []struct {
		what  string
		share float64
	}{{lost515, p.Lost515}, {slow, p.Slow}, {expire, p.Expire}} {
		for range min(countOf(one.share, p.Attempts), p.Attempts-len(deck)) {
			deck = append(deck, one.what)
		}
	}
	for len(deck) < p.Attempts {
		deck = append(deck, nothing)
	}
	dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	typed := dice.Perm(p.Attempts)
	for i := range tries {
		tries[i] = try{number: i, happen: deck[i], typed: typed[i] < countOf(p.Typed, p.Attempts)}
		if deck[i] == slow {
			tries[i].pause = p.slowness(dice.Float64())
		}
	}
	return tries
}

// countOf is the share as a number, one at least of what is wanted at all.
func countOf(share float64, n int) int { return int(math.Ceil(share * float64(n))) }

// A slow owner consents when most of the code's time is over. WhatsApp takes the first code for 60 s and a little longer than
// it is shown.
const (
	firstCode = 60 * time.Second
	grace     = 10 * time.Second
)

func (p plan) slowness(draw float64) time.Duration {
	if p.CodeLife > 0 {
		return time.Duration((0.5 + 0.4*draw) * float64(p.CodeLife))
	}
	return firstCode/2 + time.Duration(draw*float64(firstCode/2+grace))
}
