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
		Types: typesOf(domain.WorkspaceRegistered{}, domain.WorkspacePlanChanged{}, domain.WorkspaceBotPaused{}, domain.WorkspaceBotResumed{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return dueTable.fold(ctx, w, page, touchDue, evolveDue)
		},
	}
}

func touchDue(r domain.Recorded) []dueKey {
	switch r.Event.(type) {
	case domain.WorkspaceRegistered, domain.WorkspacePlanChanged:
		return []dueKey{{r.Workspace(), DuePlan}}
	case domain.WorkspaceBotPaused, domain.WorkspaceBotResumed:
		return []dueKey{{r.Workspace(), DuePause}}
	}
	return nil
}

func evolveDue(rows *rows[dueKey, dueRow], r domain.Recorded) {
	var at time.Time
	switch e := r.Event.(type) {
	case domain.WorkspaceRegistered:
		at = e.TrialUntil
	case domain.WorkspacePlanChanged:
		if e.State != domain.Expired {
			at = e.Until
		}
	case domain.WorkspaceBotPaused:
		at = e.Until
	}
	for _, k := range touchDue(r) {
		if at.IsZero() {
			rows.remove(k)
			continue
		}
		rows.put(dueRow{dueKey: k, DueAt: stored(at)})
	}
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
