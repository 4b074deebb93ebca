package kill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

// crowd is customers who write one message each, so that messages and answers can be counted one by one.
type crowd struct {
	phones *rig.Sandbox

	mu   sync.Mutex
	sent map[string]rig.Message // by the customer's number: what the phone was told is sent
}

// gather makes the customers' phones.
func gather(t *testing.T, phones *rig.Sandbox, n int) *crowd {
	t.Helper()
	c := &crowd{phones: phones, sent: map[string]rig.Message{}}
	for i := range n {
		if err := phones.AddPhone(patient(t), customerNumber(i), fmt.Sprintf("Customer %d", i), "customer"); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// write lets customers from to to-1 ask, one every so often, and returns when all have asked.
// (the sandbox is down) tries again with the same words until it is there.
func (c *crowd) write(ctx context.Context, from, to int) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := from; i < to; i++ {
		number, address := customerNumber(i), []string{"phone", "lid"}[i%2]
		m, err := c.phones.Send(ctx, number, shopNumber, question, address)
		if err != nil {
			return fmt.Errorf("customer %d writes: %w", i, err)
		}
		c.mu.Lock()
		c.sent[number] = m
		c.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// answered waits until every customer who wrote has an answer.
func (c *crowd) answered(ctx context.Context) error {
	for number := range c.sent {
		err := rig.Eventually(ctx, "wait for the answer to "+number, func(ctx context.Context) error {
			answers, err := c.answersTo(ctx, number)
			if err == nil && len(answers) == 0 {
				return rig.ErrNotYet
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) answersTo(ctx context.Context, number string) ([]rig.Message, error) {
	all, err := c.phones.Messages(ctx, number)
	var answers []rig.Message
	for _, m := range all {
		if m.Direction == "in" {
			answers = append(answers, m)
		}
	}
	return answers, err
}

// check says what is wrong with what the customers got: one readable answer each is right.
func (c *crowd) check(ctx context.Context) error {
	var wrong []error
	for number := range c.sent {
		answers, err := c.answersTo(ctx, number)
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case len(answers) != 1:
			wrong = append(wrong, fmt.Errorf("%s got %d answers", number, len(answers)))
		case answers[0].Status == "failed" || !strings.Contains(answers[0].Text, answer):
			wrong = append(wrong, fmt.Errorf("%s got a %s answer %q %s", number, answers[0].Status, answers[0].Text, answers[0].Error))
		}
	}
	return errors.Join(wrong...)
}
