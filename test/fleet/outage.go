package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"switchboard.example/test/rig"
)

// letter is a message that a customer wrote while the database was away.
type letter struct {
	to *rig.Shop
	id string
}

// outage ends the database, lets customers write, and finds what was acknowledged meanwhile and how soon all goes on when it is
// back.
func (s *site) outage(ctx context.Context, card *rig.Scorecard) error {
	customers, err := s.customers(ctx)
	if err != nil {
		return err
	}
	port := s.postgres.Port()
	if err := s.postgres.Kill(); err != nil {
		return err
	}
	died := time.Now()
	letters, err := s.write(ctx, customers)
	if err != nil {
		return err
	}
	if err := pause(ctx, s.plan.Away); err != nil {
		return err
	}
	acknowledged, err := s.confirmed(ctx, letters)
	if err != nil {
		return err
	}
	card.Add(rig.AckedAway, float64(len(acknowledged)), fmt.Sprintf("of %d messages in %.1f s", len(letters), time.Since(died).Seconds()))
	if err := s.startDatabase(ctx, port); err != nil {
		return err
	}
	return s.resumes(ctx, card, letters, time.Now())
}

// resumes measures from the moment the database takes connections again until the server says that it is ready and the first
// message is recorded.
func (s *site) resumes(ctx context.Context, card *rig.Scorecard, letters []letter, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, s.plan.Patience)
	defer cancel()
	if err := rig.Eventually(ctx, "wait for the server", s.place.Product().Ready); err != nil {
		return err
	}
	ready := time.Since(since)
	var at []time.Time
	for len(at) < len(letters) {
		var err error
		if at, err = s.confirmed(ctx, letters); err != nil {
			break
		}
		if err := pause(ctx, lookEvery); err != nil {
			break
		}
	}
	card.Add(rig.Resumed, resumedAfter(ready, since, at), fmt.Sprintf("ready after %.1f s; messages recorded: %s", ready.Seconds(), spread(after(since, at))))
	if len(at) < len(letters) {
		return errors.New("messages that were written while the database was away did not come in")
	}
	return nil
}

// resumedAfter is how long after since the server was ready and had recorded a message, whichever came later.
func resumedAfter(ready time.Duration, since time.Time, recorded []time.Time) float64 {
	return math.Max(ready.Seconds(), rig.Seconds(after(since, recorded), 0))
}

func after(since time.Time, at []time.Time) []time.Duration {
	var all []time.Duration
	for _, one := range at {
		all = append(all, one.Sub(since))
	}
	return all
}

// customers are as many phones as there are single lines, one to write to each.
func (s *site) customers(ctx context.Context) ([]string, error) {
	numbers := make([]string, s.plan.Single)
	return numbers, together(len(numbers), func(i int) error {
		numbers[i] = fmt.Sprintf("23490%02d%06d", s.plan.Seed%100, i)
		return s.phones.AddPhone(ctx, numbers[i], "Customer", "customer")
	})
}

func (s *site) write(ctx context.Context, customers []string) ([]letter, error) {
	letters := make([]letter, len(customers))
	lines := s.some()
	return letters, together(len(letters), func(i int) error {
		m, err := s.phones.Send(ctx, customers[i], lines[i].Number, "When do you open?", "phone")
		letters[i] = letter{to: lines[i], id: m.ID}
		return err
	})
}

// confirmed are the times at which letters were confirmed, of those that were.
func (s *site) confirmed(ctx context.Context, letters []letter) ([]time.Time, error) {
	all := make([]*time.Time, len(letters))
	err := together(len(letters), func(i int) error {
		r, err := s.phones.Judge(ctx, letters[i].to.Number)
		if at, found := confirmedAt(r, letters[i].id); found {
			all[i] = &at
		}
		return err
	})
	var at []time.Time
	for _, one := range all {
		if one != nil {
			at = append(at, *one)
		}
	}
	return at, err
}
