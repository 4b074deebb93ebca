package projections

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// activityRow is when something last happened with a workspace's customers.
type activityRow struct {
	workspaceKey
	LastMessageAt *time.Time `json:"last_message_at"`
	LastReplyAt   *time.Time `json:"last_reply_at"`
}

var activityTable = newTable[workspaceKey, activityRow]("read_activity")

// Activity is one row per workspace. It is apart from Workspaces because it changes with every message, and nobody's page has
// to be read again for it.
func Activity() Projection {
	return Projection{
		Name: "activity", Version: 1, Gather: together, Tables: []string{"read_activity"},
		Types: typesOf(domain.MessageReceived{}, domain.ReplySent{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return activityTable.fold(ctx, w, page, touchActivity, evolveActivity)
		},
	}
}

func touchActivity(r domain.Recorded) []workspaceKey { return []workspaceKey{{r.Workspace()}} }

func evolveActivity(rows *rows[workspaceKey, activityRow], r domain.Recorded) {
	row, _ := rows.get(workspaceKey{r.Workspace()})
	row.workspaceKey = workspaceKey{r.Workspace()}
	switch e := r.Event.(type) {
	case domain.MessageReceived:
		row.LastMessageAt = latest(row.LastMessageAt, e.SentAt)
	case domain.ReplySent:
		row.LastReplyAt = latest(row.LastReplyAt, e.SentAt)
	}
	rows.put(row)
}

// latest returns the later of a stored time and another one.
func latest(have *time.Time, t time.Time) *time.Time {
	if have != nil && !t.After(*have) {
		return have
	}
	return stored(t)
}
