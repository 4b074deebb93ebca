package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// What can become due.
const (
	DuePlan  = "plan"  // the plan's state ends
	DuePause = "pause" // the bot's pause ends
	DueLost  = "lost"  // the number has not been connected for a while
)

type dueKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Kind        string             `json:"kind"`
}

func (k dueKey) key() dueKey { return k }

type dueRow struct {
	dueKey
	DueAt *time.Time `json:"due_at"`
}

var dueTable = newTable[dueKey, dueRow]("read_due")

// Due is what time alone will change, and when.
func Due() Projection {
	return Projection{
		Name: "due", Version: 1, Tables: []string{"read_due"},
		Types: typesOf(domain.WorkspaceRegistered{}, domain.WorkspacePlanChanged{}, domain.WorkspaceBotPaused{}, domain.WorkspaceBotResumed{},
			domain.WorkspaceAlertRaised{}, domain.ConnectionConnected{}, domain.ConnectionDisconnected{}, domain.ConnectionReconnecting{},
			domain.ConnectionUnlinked{}, domain.ConnectionFailed{}, domain.ConnectionReleased{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return dueTable.fold(ctx, w, page, touchDue, evolveDue)
		},
	}
}

func touchDue(r domain.Recorded) []dueKey {
	switch e := r.Event.(type) {
	case domain.WorkspaceRegistered, domain.WorkspacePlanChanged:
		return []dueKey{{r.Workspace(), DuePlan}}
	case domain.WorkspaceBotPaused, domain.WorkspaceBotResumed:
		return []dueKey{{r.Workspace(), DuePause}}
	case domain.ConnectionConnected, domain.ConnectionDisconnected, domain.ConnectionReconnecting, domain.ConnectionReleased,
		domain.ConnectionUnlinked, domain.ConnectionFailed:
		return []dueKey{{r.Workspace(), DueLost}}
	case domain.WorkspaceAlertRaised:
		switch e.Kind { //nolint:exhaustive // the others follow from no clock
		case domain.AlertPlan:
			return []dueKey{{r.Workspace(), DuePlan}}
		case domain.AlertDisconnected:
			return []dueKey{{r.Workspace(), DueLost}}
		}
	}
	return nil
}

func evolveDue(rows *rows[dueKey, dueRow], r domain.Recorded) {
	for _, k := range touchDue(r) {
		before, _ := rows.get(k)
		at := dueAfter(r, moment(before.DueAt))
		if at.IsZero() {
			rows.remove(k)
			continue
		}
		rows.put(dueRow{dueKey: k, DueAt: stored(at)})
	}
}

// dueAfter is when something is due now; zero for never.
func dueAfter(r domain.Recorded, before time.Time) time.Time {
	switch e := r.Event.(type) {
	case domain.WorkspaceRegistered:
		return domain.Plan{State: domain.Trial, Until: e.TrialUntil}.NextStep(r.OccurredAt)
	case domain.WorkspacePlanChanged:
		return domain.Plan{State: e.State, Until: e.Until, Since: e.ChangedAt}.NextStep(e.ChangedAt.Add(-time.Nanosecond))
	case domain.WorkspaceBotPaused:
		return e.Until
	case domain.WorkspaceAlertRaised:
		return e.NextAt
	case domain.ConnectionDisconnected, domain.ConnectionReconnecting, domain.ConnectionReleased, domain.ConnectionFailed, domain.ConnectionUnlinked:
		if before.IsZero() {
			return r.OccurredAt.Add(domain.DisconnectedFor)
		}
		return before // more of the same outage
	}
	return time.Time{}
}

// DueItem is something that time alone changes.
type DueItem struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Kind        string             `json:"kind"` // DuePlan, DuePause
	DueAt       time.Time          `json:"due_at"`
}

// DueBy lists what is due at the given time, over all workspaces, the longest overdue first.
func DueBy(ctx context.Context, q Queryer, now time.Time, limit int) ([]DueItem, error) {
	due, err := query[DueItem](ctx, q, `
		SELECT workspace_id, kind, due_at
		FROM read_due
		WHERE due_at <= $1
		ORDER BY due_at, workspace_id, kind
		LIMIT $2`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return due, nil
}
