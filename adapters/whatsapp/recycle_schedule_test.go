package whatsapp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A thousand clients that connected together are renewed between one and three days later, spread over the two days between.
func TestClientsAreRenewedOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, random := time.Now(), rand.New(rand.NewPCG(1, 2))
		renewed := make(chan time.Duration, 1000)
		for range cap(renewed) {
			r := Timing{}.withDefaults().recycling(time.Now(), random.Float64())
			go func() {
				for {
					wait := r.wait(time.Now(), began, true)
					if wait == 0 {
						renewed <- time.Since(began)
						return
					}
					time.Sleep(wait)
				}
			}()
		}
		ages := make([]time.Duration, cap(renewed))
		for i := range ages {
			ages[i] = <-renewed
		}
		slices.Sort(ages)
		if first, last := ages[0], ages[len(ages)-1]; first < 24*time.Hour || last > 72*time.Hour {
			t.Errorf("renewed from %s to %s", first, last)
		}
		for i, age := range ages[20:] {
			if age-ages[i] < 10*time.Minute {
				t.Fatalf("20 were renewed within %s", age-ages[i])
			}
		}
	})
}

// While somebody writes, or something is under way, an old client goes on.
func TestAClientIsRenewedAtAQuietMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	r := recycling{due: now, quietFor: 5 * time.Minute}
	for _, c := range []struct {
		name string
		at   time.Time
		busy time.Time
		idle bool
		wait time.Duration
	}{
		{"not yet due", now.Add(-time.Hour), now.Add(-time.Hour), true, time.Hour},
		{"due and quiet", now, now.Add(-5 * time.Minute), true, 0},
		{"a message a minute ago", now.Add(time.Hour), now.Add(59 * time.Minute), true, 4 * time.Minute},
		{"a reply that waits", now.Add(time.Hour), now, false, busyRetry},
	} {
		if wait := r.wait(c.at, c.busy, c.idle); wait != c.wait {
			t.Errorf("%s: wait %s", c.name, wait)
		}
	}
}
