package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"switchboard.example/test/rig"
)

// crowd is the customers. What they wrote is read from their phones afterwards; here is only what they were told.
type crowd struct {
	phones  *rig.Sandbox
	asks    []ask
	batch   [][]ask // by customer: written one after the other while the server is away
	history *history

	mu   sync.Mutex
	told map[string]string // by message id: the customer who was told that it is sent
}

// gather makes the customers' phones.
func gather(ctx context.Context, s *site) (*crowd, error) {
	c := &crowd{phones: s.place.Phones(), asks: compose(s.plan), batch: composeBatch(s.plan), history: s.history, told: map[string]string{}}
	numbers := c.numbers()
	of := map[string]int{}
	for _, a := range slices.Concat(append(c.batch, c.asks)...) {
		of[a.customer] = a.shop
	}
	return c, together(len(numbers), func(i int) error {
		return c.phones.AddPhone(ctx, numbers[i], fmt.Sprintf("Customer %d %s", i, marker(s.plan.Seed, of[numbers[i]])), "customer")
	})
}

// numbers are the customers, each once.
func (c *crowd) numbers() []string {
	var all []string
	known := map[string]bool{}
	for _, a := range slices.Concat(append(c.batch, c.asks)...) {
		if !known[a.customer] {
			known[a.customer] = true
			all = append(all, a.customer)
		}
	}
	return all
}

// write lets everybody write at their time, whatever has become of earlier messages.
func (c *crowd) write(ctx context.Context, begin time.Time, shops []*shop) {
	var all sync.WaitGroup
	for _, a := range c.asks {
		if pause(ctx, time.Until(begin.Add(a.at))) != nil {
			break
		}
		all.Go(func() { c.send(ctx, a, shops[a.shop].number) })
	}
	all.Wait()
}

// send tries for as long as the phones may be away, as a person does who sees no tick.
func (c *crowd) send(ctx context.Context, a ask, to string) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := rig.Eventually(ctx, "write", func(ctx context.Context) error {
		m, err := c.phones.Send(ctx, a.customer, to, a.lesson.asked, a.address)
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.told[m.ID] = a.customer
		return nil
	})
	if err != nil {
		c.history.add("a customer could not write", err)
	}
}
