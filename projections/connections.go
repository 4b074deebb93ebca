package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// connectionRow says what should be connected, and what is needed to judge whether it may be.
type connectionRow struct {
	workspaceKey
	connectionColumns
	PlanState         domain.PlanState `json:"plan_state"`
	PlanUntil         *time.Time       `json:"plan_until"`
	PlanSince         *time.Time       `json:"plan_since"`
	Suspended         bool             `json:"suspended"`
	RequestedPosition int64            `json:"requested_position"`
}

var connectionsTable = newTable[workspaceKey, connectionRow]("read_connections")

// Connections is the session pool's work list: what should be connected.
func Connections() Projection {
	return Projection{
		Name: "connections", Version: 2, Tables: []string{"read_connections"},
		Types: append(connectionTypes(), typesOf(domain.WorkspaceRegistered{}, domain.WorkspacePlanChanged{},
			domain.WorkspaceSuspended{}, domain.WorkspaceResumed{})...),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return connectionsTable.fold(ctx, w, page, touchConnections, evolveConnections)
		},
	}
}

func touchConnections(r domain.Recorded) []workspaceKey {
	switch r.Event.(type) {
	case domain.ConnectionEvent, domain.WorkspaceRegistered, domain.WorkspacePlanChanged, domain.WorkspaceSuspended, domain.WorkspaceResumed:
		return []workspaceKey{{r.Workspace()}}
	}
	return nil
}

func evolveConnections(rows *rows[workspaceKey, connectionRow], r domain.Recorded) {
	k := workspaceKey{r.Workspace()}
	row, ok := rows.get(k)
	if !ok {
		row = connectionRow{workspaceKey: k, connectionColumns: neverLinked()}
	}
	switch e := r.Event.(type) {
	case domain.ConnectionEvent:
		row.connectionColumns = row.after(e)
		if _, wish := e.(domain.ConnectionRequested); wish {
			row.RequestedPosition = r.Position
		}
	case domain.WorkspaceRegistered:
		row.PlanState, row.PlanUntil, row.PlanSince = domain.Trial, stored(e.TrialUntil), stored(r.OccurredAt)
	case domain.WorkspacePlanChanged:
		row.PlanState, row.PlanUntil, row.PlanSince = e.State, stored(e.Until), stored(r.OccurredAt)
	case domain.WorkspaceSuspended:
		row.Suspended = true
	case domain.WorkspaceResumed:
		row.Suspended = false
	default:
		return
	}
	rows.put(row)
}

// ConnectionWork is what the session pool needs to know of one workspace.
type ConnectionWork struct {
	WorkspaceID       domain.WorkspaceID      `json:"workspace_id"`
	Status            domain.ConnectionStatus `json:"whatsapp_connection_status"`
	Reason            domain.Reason           `json:"reason"`
	Desired           bool                    `json:"desired"`
	Linked            bool                    `json:"linked"`
	Method            domain.LinkMethod       `json:"method"`
	Phone             string                  `json:"phone"`
	Device            string                  `json:"device"`
	Attempt           int                     `json:"attempt"`
	RestrictedUntil   *time.Time              `json:"restricted_until"`
	PlanState         domain.PlanState        `json:"plan_state"`
	PlanUntil         *time.Time              `json:"plan_until"`
	PlanSince         *time.Time              `json:"plan_since"`
	Suspended         bool                    `json:"suspended"`
	RequestedPosition int64                   `json:"requested_position"` // of the newest connection.requested; a new wish is a new number
}

// Serving says whether customers are answered at the given time.
func (c ConnectionWork) Serving(now time.Time) bool {
	return !c.Suspended && domain.Plan{State: c.PlanState, Until: moment(c.PlanUntil)}.Serving(now)
}

// MayHoldSocket says whether a connection may be kept at the given time: while serving, and for a while after the plan
// ended, so that messages are counted and the owner's commands work.
func (c ConnectionWork) MayHoldSocket(now time.Time) bool {
	if c.Suspended {
		return false
	}
	return c.Serving(now) || now.Before(c.planEnded().Add(domain.SocketedAfter))
}

// planEnded is when the plan stopped serving: a lapse that no event has recorded yet counts from its own end.
func (c ConnectionWork) planEnded() time.Time {
	if c.PlanState == domain.Expired || c.PlanUntil == nil {
		return moment(c.PlanSince)
	}
	return *c.PlanUntil
}

const connectionWorkColumns = `
	SELECT workspace_id, whatsapp_connection_status, reason, desired, linked, method, phone, device, attempt, restricted_until,
		plan_state, plan_until, plan_since, suspended, requested_position
	FROM read_connections`

// DesiredConnections lists what somebody wants connected, of the workspaces named or, when none is, of all.
func DesiredConnections(ctx context.Context, q Queryer, of ...domain.WorkspaceID) ([]ConnectionWork, error) {
	where, args := ` WHERE desired ORDER BY workspace_id`, []any(nil)
	if len(of) > 0 {
		where, args = ` WHERE desired AND workspace_id = ANY ($1::uuid[]) ORDER BY workspace_id`, []any{uuids(of)}
	}
	work, err := query[ConnectionWork](ctx, q, connectionWorkColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the desired connections: %w", err)
	}
	return work, nil
}

// ConnectionOf returns one workspace's entry in the work list; false when the workspace is not known (yet).
func ConnectionOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (ConnectionWork, bool, error) {
	work, ok, err := queryOne[ConnectionWork](ctx, q, connectionWorkColumns+` WHERE workspace_id = $1`, w)
	if err != nil {
		return ConnectionWork{}, false, fmt.Errorf("read a connection: %w", err)
	}
	return work, ok, nil
}
