package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// workspaceRow is what the dashboard and the platform's people see of a workspace.
type workspaceRow struct {
	workspaceKey
	Name           string           `json:"name"`
	OwnerID        domain.MemberID  `json:"owner_id"`
	Timezone       string           `json:"timezone"`
	Currency       string           `json:"currency"`
	NumberUse      string           `json:"number_use"`
	OnboardingStep string           `json:"onboarding_step"`
	PlanState      domain.PlanState `json:"plan_state"`
	PlanUntil      *time.Time       `json:"plan_until"`
	Suspended      bool             `json:"suspended"`
	RegisteredAt   *time.Time       `json:"registered_at"`
}

var workspacesTable = newTable[workspaceKey, workspaceRow]("read_workspaces")

// Workspaces is one row per workspace: what it is called, and its plan.
func Workspaces() Projection {
	return Projection{
		Name: "workspaces", Version: 3, Tables: []string{"read_workspaces"},
		Types: typesOf(domain.WorkspaceRegistered{}, domain.WorkspaceRenamed{}, domain.WorkspaceSettingsChanged{},
			domain.WorkspacePlanChanged{}, domain.WorkspaceSuspended{}, domain.WorkspaceResumed{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return workspacesTable.fold(ctx, w, page, touchWorkspaces, evolveWorkspaces)
		},
	}
}

func touchWorkspaces(r domain.Recorded) []workspaceKey {
	return []workspaceKey{{r.Workspace()}}
}

func evolveWorkspaces(rows *rows[workspaceKey, workspaceRow], r domain.Recorded) {
	k := workspaceKey{r.Workspace()}
	if e, ok := r.Event.(domain.WorkspaceRegistered); ok {
		rows.put(workspaceRow{
			workspaceKey: k, Name: words(e.Name), OwnerID: e.OwnerID, Timezone: e.Timezone, Currency: e.Currency,
			OnboardingStep: "link", PlanState: domain.Trial, PlanUntil: stored(e.TrialUntil), RegisteredAt: stored(r.OccurredAt),
		})
		return
	}
	rows.change(k, func(row workspaceRow) workspaceRow { return row.after(r) })
}

func (row workspaceRow) after(r domain.Recorded) workspaceRow {
	switch e := r.Event.(type) {
	case domain.WorkspaceRenamed:
		row.Name = words(e.Name)
	case domain.WorkspaceSettingsChanged:
		row.Timezone = orKeep(e.Timezone, row.Timezone)
		row.NumberUse = orKeep(e.NumberUse, row.NumberUse)
		row.OnboardingStep = orKeep(e.OnboardingStep, row.OnboardingStep)
	case domain.WorkspacePlanChanged:
		row.PlanState, row.PlanUntil = e.State, stored(e.Until)
	case domain.WorkspaceSuspended:
		row.Suspended = true
	case domain.WorkspaceResumed:
		row.Suspended = false
	}
	return row
}

func orKeep(change *string, have string) string {
	if change == nil {
		return have
	}
	return *change
}

// Workspace is a workspace as its members see it.
type Workspace struct {
	WorkspaceID    domain.WorkspaceID `json:"workspace_id"`
	Name           string             `json:"name"`
	Timezone       string             `json:"timezone"`
	Currency       string             `json:"currency"`
	NumberUse      string             `json:"number_use"`
	OnboardingStep string             `json:"onboarding_step"`
	PlanState      domain.PlanState   `json:"plan_state"`
	PlanUntil      *time.Time         `json:"plan_until"`
	Suspended      bool               `json:"suspended"`
}

// WorkspaceOf returns one workspace; false when it is not known (yet).
func WorkspaceOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (Workspace, bool, error) {
	found, ok, err := queryOne[Workspace](ctx, q, `
		SELECT workspace_id, name, timezone, currency, number_use, onboarding_step, plan_state, plan_until, suspended
		FROM read_workspaces
		WHERE workspace_id = $1`, w)
	if err != nil {
		return Workspace{}, false, fmt.Errorf("read the workspace: %w", err)
	}
	return found, ok, nil
}

// WorkspaceOverview is a workspace as the platform's people see it.
type WorkspaceOverview struct {
	Workspace
	Status        domain.ConnectionStatus `json:"whatsapp_connection_status"`
	Reason        domain.Reason           `json:"reason"`
	Phone         string                  `json:"phone"`       // digits only
	OwnerEmail    string                  `json:"owner_email"` // empty when the owner's account is gone
	LastMessageAt *time.Time              `json:"last_message_at"`
	Messages      int64                   `json:"messages"`     // since the given moment, rounded down to a quarter hour
	DeadLetters   int                     `json:"dead_letters"` // messages put aside, and streams that wait in a read model
	OwnerGone     bool                    `json:"owner_gone"`
	OwnerLate     bool                    `json:"owner_late"`
	Fallen        *domain.Reason          `json:"fallen"`
}

// SeenBy corrects the connection as Status.SeenBy does.
func (o WorkspaceOverview) SeenBy(w Witness) WorkspaceOverview {
	now := Status{Status: o.Status, Reason: o.Reason, OwnerLate: o.OwnerLate}.SeenBy(w)
	o.Status, o.Reason = now.Status, now.Reason
	return o
}

// Serving says whether customers of the workspace are answered at the given time.
func (o WorkspaceOverview) Serving(now time.Time) bool {
	return !o.Suspended && domain.Plan{State: o.PlanState, Until: moment(o.PlanUntil)}.Serving(now)
}

// AllWorkspaces lists every workspace by name, with the messages received since the given moment.
func AllWorkspaces(ctx context.Context, q Queryer, since time.Time) ([]WorkspaceOverview, error) {
	all, err := query[WorkspaceOverview](ctx, q, `
		SELECT w.workspace_id, w.name, w.timezone, w.currency, w.number_use, w.onboarding_step, w.plan_state, w.plan_until,
			w.suspended, t.last_message_at, coalesce(u.email, '') AS owner_email,
			coalesce((SELECT sum(a.messages) FROM read_analytics a WHERE a.workspace_id = w.workspace_id AND a.quarter >= $1), 0) AS messages,
			coalesce(d.letters, 0) AS dead_letters,
			coalesce(s.whatsapp_connection_status, 'disconnected') AS whatsapp_connection_status,
			coalesce(s.reason, 'never_linked') AS reason, coalesce(s.phone, '') AS phone, coalesce(s.owner_gone, false) AS owner_gone,
			coalesce(s.owner_late, false) AS owner_late, s.fallen
		FROM read_workspaces w
		LEFT JOIN read_activity t ON t.workspace_id = w.workspace_id
		LEFT JOIN (`+statusColumns+`) s ON s.workspace_id = w.workspace_id
		LEFT JOIN (
			SELECT workspace_id, count(*) AS letters
			FROM (SELECT workspace_id FROM wa.dead_letters UNION ALL SELECT workspace_id FROM projection_blocked_streams) all_letters
			GROUP BY workspace_id) d ON d.workspace_id = w.workspace_id
		LEFT JOIN auth_users u ON u.id::text = w.owner_id
		ORDER BY w.name, w.workspace_id`, quarterOf(since))
	if err != nil {
		return nil, fmt.Errorf("read all workspaces: %w", err)
	}
	for i := range all {
		now := Status{Status: all[i].Status, Reason: all[i].Reason, OwnerGone: all[i].OwnerGone, Fallen: all[i].Fallen}.told()
		all[i].Status, all[i].Reason = now.Status, now.Reason
	}
	return all, nil
}
