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

// shop is a workspace with its linked number.
type shop struct {
	owner  *rig.Owner
	number string
	linked time.Duration // from asking for a code to connected
}

// lesson is an FAQ with the words a customer asks it in.
type lesson struct{ question, asked, answer string }

// lessons are what every shop's bot knows.
var lessons = []lesson{
	{"How much is delivery?", "Good day, how much is delivery please?", "Delivery is 1,500 within Lagos."},
	{"When do you open?", "when do you open?", "We open at 8:00, Monday to Saturday."},
	{"How can I pay?", "how can i pay", "By transfer, card or cash on delivery."},
}

// prepare signs the workspaces up, links and teaches them.
func prepare(ctx context.Context, p plan, s *site) ([]*shop, error) {
	shops := make([]*shop, p.Workspaces)
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

func openShop(ctx context.Context, s *site, seed uint64, i int) (*shop, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	shop := &shop{number: fmt.Sprintf("23480%02d1%05d", seed%100, i)}
	name := fmt.Sprintf("Shop %d of %d", i, seed)
	if err := s.phones.AddPhone(ctx, shop.number, name, "owner"); err != nil {
		return nil, err
	}
	var err error
	if shop.owner, err = s.product.Elsewhere(i).SignUp(ctx, fmt.Sprintf("owner-%d-%d@example.com", seed, i), name); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := shop.owner.Link(ctx, s.phones, shop.number); err != nil {
		return nil, err
	}
	shop.linked = time.Since(begin)
	for _, l := range lessons {
		if err := shop.owner.AddFAQ(ctx, l.answer, l.question); err != nil {
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
