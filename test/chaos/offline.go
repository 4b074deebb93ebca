package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/test/rig"
)

// drained is how fast what was written while the server was away came in.
type drained struct {
	Messages int           `json:"messages"`
	In       time.Duration `json:"in"`       // from the first to the last of them in the log
	Answered time.Duration `json:"answered"` // from the server's start until nothing is left to do
}

func (d drained) String() string {
	return fmt.Sprintf("%d messages in %.1f s (%.0f a second), answered %.1f s after the start",
		d.Messages, d.In.Seconds(), float64(d.Messages)/d.In.Seconds(), d.Answered.Seconds())
}

// offline lets customers write while the server is away, and waits until all of it is answered.
func (s *site) offline(ctx context.Context, c *crowd) error {
	if len(c.batch) == 0 {
		return nil
	}
	err := s.server.without(ctx, func() error {
		return together(len(c.batch), func(i int) error {
			for _, a := range c.batch[i] {
				c.send(ctx, a, s.shops[a.shop].number)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	begin := time.Now()
	written := len(c.batch) * inBatch
	waiting, cancel := context.WithTimeout(ctx, s.plan.Settle+time.Duration(written)*20*time.Millisecond)
	defer cancel()
	err = rig.Eventually(waiting, "wait until the batch is in the log", func(ctx context.Context) error {
		return s.read(ctx, func(db *sqlx.DB) error {
			var seconds float64
			err := db.QueryRowContext(ctx, `
				SELECT count(*), coalesce(extract(epoch FROM max(recorded_at) - min(recorded_at)), 0)
				  FROM events WHERE type = 'conversation.message_received'`).Scan(&s.drained.Messages, &seconds)
			s.drained.In = time.Duration(seconds * float64(time.Second))
			if err == nil && s.drained.Messages < written {
				err = fmt.Errorf("%d of %d are", s.drained.Messages, written)
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	_, _, err = s.settle(ctx)
	s.drained.Answered = time.Since(begin)
	return err
}
