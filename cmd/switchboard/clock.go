package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/bot"
	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// clock records what follows from time alone: a pause that ended, a plan that lapsed, an outage or a wait to be told of; and
// from what people judged. It goes by the tables of what is due, so a restart forgets nothing; several nodes may do it, because a decision that was made is not made again.
type clock struct {
	db      *sqlx.DB
	handler *commands.Handler
	log     *slog.Logger
}

const (
	clockEvery = time.Second
	clockBatch = 200
)

func (c clock) Run(ctx context.Context) error {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		if err := c.passTime(ctx); err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "what is due could not be recorded, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (c clock) passTime(ctx context.Context) error {
	due, err := projections.DueBy(ctx, c.db, time.Now(), clockBatch)
	if err != nil {
		return err
	}
	for _, d := range due {
		if d.Kind == projections.DueLost {
			_, err = c.handler.AlertDisconnected(ctx, d.WorkspaceID)
		} else {
			_, err = c.handler.PassTime(ctx, commands.ChangeWorkspace{WorkspaceID: d.WorkspaceID})
		}
		if err != nil {
			return err
		}
	}
	if err := c.fitShifts(ctx); err != nil {
		return err
	}
	return c.alertNeglected(ctx)
}

// fitShifts follows what people judged: see domain.Shift.
func (c clock) fitShifts(ctx context.Context) error {
	due, err := projections.ShiftsDue(ctx, c.db, clockBatch)
	if err != nil {
		return err
	}
	for _, w := range due {
		_, err := c.handler.FitShift(ctx, w, func(s domain.Shift) (domain.WorkspaceShiftFitted, error) {
			judged, upTo, err := projections.LabelsSince(ctx, c.db, w, s.ResetAt, bot.LabelsFitted)
			labels := make([]match.Label, len(judged))
			for i, l := range judged {
				labels[i] = match.Label(l)
			}
			return bot.FitShift(labels, upTo), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// alertNeglected tells businesses that people wait too long for a person.
func (c clock) alertNeglected(ctx context.Context) error {
	neglected, err := projections.NeglectedBy(ctx, c.db, time.Now(), clockBatch)
	if err != nil {
		return err
	}
	for _, n := range neglected {
		if _, err := c.handler.AlertWaiting(ctx, n.WorkspaceID, n.People); err != nil {
			return err
		}
	}
	return nil
}
