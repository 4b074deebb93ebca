package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"switchboard.example/test/rig"
)

// newcomers is the share of messages from people who never wrote before.
const newcomers = 0.3

// rest is how long a customer is quiet after a message, so that one message is one turn and has one answer.
const rest = 4 * time.Second

// ask is one message that will be written.
type ask struct {
	at       time.Duration // after the start
	customer string        // number
	shop     int
	lesson   lesson
	address  string // phone or lid
	writer   string // new or known: whether the customer wrote before
}

// crowd is the customers with what they will write and what came of it.
type crowd struct {
	phones *rig.Sandbox
	asks   []ask

	mu   sync.Mutex
	sent []*rig.Message // by ask; nil was refused
	late time.Duration  // the most a message was started behind its time
	errs []error
}

// gather decides, from the seed alone, who writes what and when, and makes the phones.
func gather(ctx context.Context, p plan, phones *rig.Sandbox, shops []*rig.Shop) (*crowd, error) {
	c := &crowd{phones: phones, asks: compose(p, len(shops))}
	c.sent = make([]*rig.Message, len(c.asks))
	var numbers []string
	known := map[string]bool{}
	for _, a := range c.asks {
		if !known[a.customer] {
			known[a.customer] = true
			numbers = append(numbers, a.customer)
		}
	}
	begin := time.Now()
	err := addPhones(ctx, phones, numbers)
	fmt.Fprintf(os.Stderr, "%d customers' phones made in %.1f s\n", len(numbers), time.Since(begin).Seconds())
	return c, err
}

// regular is a customer who wrote before.
type regular struct {
	number string
	shop   int
	last   time.Duration
}

func compose(p plan, shops int) []ask {
	share := newcomers
	if p.Pacing {
		share = 1 // nobody is kept waiting by what they asked before
	}
	dice := rand.New(rand.NewPCG(p.Seed, 0)) //nolint:gosec // repeatable, not secret
	asks := make([]ask, 0, int(p.Rate*(p.Warm+p.Duration).Seconds()))
	var regulars []regular // the one who has been quiet longest first
	for i := range cap(asks) {
		at := time.Duration(float64(i) / p.Rate * float64(time.Second))
		writer := "new"
		var who regular
		if len(regulars) > 0 && at-regulars[0].last >= rest && dice.Float64() >= share {
			who, regulars = regulars[0], regulars[1:]
			writer = "known"
		} else {
			who = regular{number: fmt.Sprintf("23490%02d%06d", p.Seed%100, i), shop: dice.IntN(shops)}
		}
		who.last = at
		regulars = append(regulars, who)
		asks = append(asks, ask{
			at: at, customer: who.number, shop: who.shop,
			lesson: lessons[dice.IntN(len(lessons))], address: []string{"phone", "lid"}[dice.IntN(2)], writer: writer,
		})
	}
	return asks
}

// write lets everybody write at their time, whatever has become of earlier messages, waits for the last answers and
// returns how long it took until the last message was written.
func (c *crowd) write(ctx context.Context, p plan, shops []*rig.Shop) (time.Duration, error) {
	fmt.Fprintf(os.Stderr, "%d messages at %.0f per second\n", len(c.asks), p.Rate)
	begin := time.Now()
	var all sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, a := range c.asks {
		timer.Reset(time.Until(begin.Add(a.at)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		behind := time.Since(begin) - a.at
		all.Go(func() { c.send(ctx, i, shops[a.shop].Number, behind) })
	}
	all.Wait()
	took := time.Since(begin)
	c.settle(ctx, p.Settle)
	return took, ctx.Err()
}

func (c *crowd) send(ctx context.Context, i int, to string, behind time.Duration) {
	a := c.asks[i]
	m, err := c.phones.Send(ctx, a.customer, to, a.lesson.asked, a.address)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late = max(c.late, behind)
	if err != nil {
		c.errs = append(c.errs, fmt.Errorf("message %d: %w", i, err))
		return
	}
	c.sent[i] = &m
}

// settle waits until the last customers have their answers, or have waited long enough for the result to call them lost.
func (c *crowd) settle(ctx context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i := len(c.asks) - 1; i >= 0 && i >= len(c.asks)-50; i-- {
		number := c.asks[i].customer
		waiting := rig.Eventually(ctx, "wait for the last answers", func(ctx context.Context) error {
			all, err := c.phones.Messages(ctx, number)
			if err == nil && (len(all) == 0 || all[len(all)-1].Direction == "out") {
				return rig.ErrNotYet
			}
			return err
		})
		if waiting != nil {
			return
		}
	}
}
