package main

import (
	"fmt"
	"time"

	"switchboard.example/test/rig"
)

// spread is how durations are distributed, in milliseconds.
type spread struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func spreadOf(took []time.Duration) spread {
	if len(took) == 0 {
		return spread{}
	}
	at := func(share float64) float64 { return ms(rig.Quantile(took, share)) }
	return spread{N: len(took), P50: at(0.50), P90: at(0.90), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

func spreadsOf(took map[string][]time.Duration) map[string]spread {
	spreads := make(map[string]spread, len(took))
	for of, times := range took {
		spreads[of] = spreadOf(times)
	}
	return spreads
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s spread) String() string {
	return fmt.Sprintf("%6d  %9.1f  %9.1f  %9.1f  %9.1f  %9.1f", s.N, s.P50, s.P90, s.P95, s.P99, s.Max)
}
