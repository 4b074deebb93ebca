package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard.example/test/rig"
)

// atOnce is how many workspaces are set up, or phones made, at the same time.
const atOnce = 4

// lesson is an FAQ with the words a customer asks it in.
type lesson struct{ question, asked, answer string }

// lessons are what every shop's bot knows.
var lessons = []lesson{
	{"How much is delivery?", "Good day, how much is delivery please?", "Delivery is 1,500 within Lagos."},
	{"When do you open?", "when do you open?", "We open at 8:00, Monday to Saturday."},
	{"How can I pay?", "how can i pay", "By transfer, card or cash on delivery."},
}

// prepare signs the workspaces up, links and teaches them.
func prepare(ctx context.Context, p plan, s *site) ([]*rig.Shop, error) {
	shops := make([]*rig.Shop, p.Workspaces)
	begin := time.Now()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range shops {
		group.Go(func() (err error) {
			shops[i], err = openShop(ctx, s, p.Seed, i)
			if err != nil {
				return fmt.Errorf("set up workspace %d: %w", i, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d workspaces signed up, linked and taught in %.1f s\n", len(shops), time.Since(begin).Seconds())
	return shops, nil
}

func openShop(ctx context.Context, s *site, seed uint64, i int) (*rig.Shop, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	shop, err := rig.OpenShop(ctx, s.product, s.phones, seed, i, fmt.Sprintf("Shop %d of %d", i, seed))
	if err != nil {
		return nil, err
	}
	if err := shop.Link(ctx, s.phones); err != nil {
		return nil, err
	}
	for _, l := range lessons {
		if err := shop.Owner.AddFAQ(ctx, l.answer, l.question); err != nil {
			return nil, err
		}
	}
	return shop, nil
}

// addPhones makes the customers' phones before the clock runs.
func addPhones(ctx context.Context, phones *rig.Sandbox, numbers []string) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, number := range numbers {
		group.Go(func() error {
			if err := phones.AddPhone(ctx, number, fmt.Sprintf("Customer %d", i), "customer"); err != nil {
				return fmt.Errorf("make customer %d: %w", i, err)
			}
			return nil
		})
	}
	return group.Wait()
}
