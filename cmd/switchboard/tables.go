package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/bot"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// tables answers what the pool and the bot ask of the read models, over all workspaces.
type tables struct{ db *sqlx.DB }

// Desired is the session pool's work list.
func (t tables) Desired(ctx context.Context, of ...domain.WorkspaceID) ([]whatsapp.Wanted, error) {
	work, err := projections.DesiredConnections(ctx, t.db, of...)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	wanted := make([]whatsapp.Wanted, len(work))
	for i, w := range work {
		wanted[i] = whatsapp.Wanted{
			WorkspaceID: w.WorkspaceID, Linked: w.Linked, Method: w.Method, Phone: w.Phone, Requested: w.RequestedPosition,
			MayHold: w.MayHoldSocket(now), Why: whyNoSocket(w),
		}
	}
	return wanted, nil
}

func whyNoSocket(w projections.ConnectionWork) domain.Reason {
	if w.Suspended {
		return domain.ReasonSuspended
	}
	return domain.ReasonPlanEnded
}

// sentReplies finds replies in the log, by the thread's position of them.
type sentReplies struct{ *core }

// SentReply finds a reply by the id WhatsApp knows it under.
func (s sentReplies) SentReply(ctx context.Context, w domain.WorkspaceID, id domain.MessageID) (domain.PendingReply, bool, error) {
	position, ok, err := projections.QueuedAt(ctx, s.worker, w, id)
	if err != nil || !ok {
		return domain.PendingReply{}, false, err
	}
	page, err := s.store.Page(ctx, position-1, 1)
	if err != nil || len(page) == 0 {
		return domain.PendingReply{}, false, err
	}
	return s.handler.SentReply(ctx, page[0])
}

// RepliesSince counts what a workspace's bot has sent.
func (t tables) RepliesSince(ctx context.Context, w domain.WorkspaceID, since time.Time) (int, error) {
	return projections.RepliesSince(ctx, t.db, w, since)
}

// ChatsTold counts the other chats that were told the same text from the dashboard.
func (t tables) ChatsTold(ctx context.Context, w domain.WorkspaceID, text string, since time.Time, besides domain.CustomerID) (int, error) {
	return projections.ChatsTold(ctx, t.db, w, text, since, besides)
}

// FAQRevision changes whenever any FAQ of the workspace does.
func (t tables) FAQRevision(ctx context.Context, w domain.WorkspaceID) (int64, error) {
	return projections.LessonsRevision(ctx, t.db, w)
}

// maxDismissed is how many questions that are not for the bot are learned from, the newest.
const maxDismissed = 200

// Dismissed are questions that are not for the bot.
func (t tables) Dismissed(ctx context.Context, w domain.WorkspaceID) ([]string, error) {
	return projections.DismissedTexts(ctx, t.db, w, maxDismissed)
}

// FAQs returns a workspace's FAQs by number.
func (t tables) FAQs(ctx context.Context, w domain.WorkspaceID) ([]domain.FAQ, error) {
	rows, err := projections.FAQsOf(ctx, t.db, w, time.Now())
	faqs := make([]domain.FAQ, len(rows))
	for i, f := range rows {
		faqs[i] = f.Known()
	}
	return faqs, err
}

// today is what !status reports.
func (t tables) today(ctx context.Context, w domain.WorkspaceID) (bot.Today, error) {
	status, _, err := projections.StatusOf(ctx, t.db, w)
	if err != nil {
		return bot.Today{}, err
	}
	space, _, err := projections.WorkspaceOf(ctx, t.db, w)
	if err != nil {
		return bot.Today{}, err
	}
	now := time.Now()
	figures, err := projections.FiguresOf(ctx, t.db, w, midnight(now, space.Timezone), now)
	if err != nil {
		return bot.Today{}, err
	}
	waiting, err := projections.WaitingOf(ctx, t.db, w)
	if err != nil {
		return bot.Today{}, err
	}
	share, _ := figures.AnsweredShare()
	day := bot.Today{
		Connected: domain.Connection{Status: status.Status, Reason: status.Reason, Phone: status.Phone},
		Customers: int(figures.Customers), AnsweredPercent: int(share*100 + 0.5), Waiting: waiting,
	}
	if space.PlanState == domain.Expired || space.PlanUntil != nil && !now.Before(*space.PlanUntil) {
		if err := t.missedSinceThePlanEnded(ctx, w, space, &day); err != nil {
			return bot.Today{}, err
		}
	}
	if status.LastConnectedAt != nil {
		day.Connected.LastConnectedAt = *status.LastConnectedAt
	}
	return day, nil
}

func (t tables) missedSinceThePlanEnded(ctx context.Context, w domain.WorkspaceID, space projections.Workspace, day *bot.Today) error {
	var since time.Time
	if space.PlanUntil != nil {
		since = *space.PlanUntil
	}
	missed, first, err := projections.LeftUnansweredSince(ctx, t.db, w, domain.ReasonPlanEnded, since)
	day.Missed = missed
	if first != nil {
		day.MissedSince = *first
	}
	return err
}

func midnight(now time.Time, timezone string) time.Time {
	zone, err := time.LoadLocation(timezone)
	if err != nil {
		zone = time.UTC
	}
	local := now.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
}

// mine limits a table to the workspaces this node owns.
type mine struct {
	tables
	owned func() map[domain.WorkspaceID]int64
}

func (m mine) workspaces() []domain.WorkspaceID { return slices.Collect(maps.Keys(m.owned())) }

// Queued is the pool's outbox.
func (m mine) Queued(ctx context.Context) ([]whatsapp.Queued, error) {
	items, err := projections.OutboxFor(ctx, m.db, m.workspaces(), 5000)
	queued := make([]whatsapp.Queued, len(items))
	for i, o := range items {
		queued[i] = whatsapp.Queued{
			ReplyRef: commands.ReplyRef{WorkspaceID: o.WorkspaceID, CustomerID: o.CustomerID, ReplyID: o.ReplyID}, Deadline: o.Deadline,
		}
	}
	return queued, err
}

// openTurns are the turns nobody has decided on.
func (m mine) openTurns(ctx context.Context) ([]bot.OpenTurn, error) {
	turns, err := projections.OpenTurns(ctx, m.db, m.workspaces())
	open := make([]bot.OpenTurn, len(turns))
	for i, t := range turns {
		open[i] = bot.OpenTurn{WorkspaceID: t.WorkspaceID, CustomerID: t.CustomerID}
	}
	return open, err
}
