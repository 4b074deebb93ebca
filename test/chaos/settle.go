package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/test/rig"
)

// unrest is what keeps the site from being quiet. All zero is quiet.
type unrest struct {
	Offline int `json:"offline"` // connections that are not there
	Queued  int `json:"queued"`  // stanzas that no device has confirmed
	Turns   int `json:"turns"`   // turns nobody has decided
	Outbox  int `json:"outbox"`  // replies waiting to be sent
	Lagging int `json:"lagging"` // read models behind the log
}

// settle waits until nothing is left to be done and returns how long that took, or what was left in the end.
func (s *site) settle(ctx context.Context) (took time.Duration, left unrest, err error) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.plan.Settle)
	defer cancel()
	quiet := 0
	err = rig.Eventually(ctx, "wait until it is quiet", func(ctx context.Context) error {
		now, err := s.unrest(ctx)
		if err == nil {
			left = now
		}
		if err == nil && now != (unrest{}) {
			err = fmt.Errorf("left are %+v", now)
		}
		if err != nil {
			quiet = 0
			return err
		}
		if quiet++; quiet < 20 { // twice 25 ms could fall between two steps of one message
			return rig.ErrNotYet
		}
		return nil
	})
	return time.Since(begin), left, err
}

func (s *site) unrest(ctx context.Context) (u unrest, err error) {
	seen, err := s.phones.stats(ctx)
	if err != nil {
		return u, err
	}
	err = s.read(ctx, func(db *sqlx.DB) error {
		return db.QueryRowContext(ctx, `
			SELECT (SELECT count(*) FROM read_turns), (SELECT count(*) FROM read_outbox),
			       (SELECT count(*) FROM projection_checkpoints, event_log WHERE state = 'live' AND position < head_position)`,
		).Scan(&u.Turns, &u.Outbox, &u.Lagging)
	})
	u.Offline, u.Queued = s.plan.Workspaces-seen.Online, seen.Queued
	return u, err
}

// read opens the database for as long as do needs it; it may have another address each time.
func (s *site) read(ctx context.Context, do func(*sqlx.DB) error) error {
	address, err := s.database.address(ctx)
	if err != nil {
		return err
	}
	db, err := sqlx.ConnectContext(ctx, "postgres", address)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = db.Close() }()
	return do(db)
}
