package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// connectionStatusRow is the row behind the dashboard's status badge.
type connectionStatusRow struct {
	workspaceKey
	WhatsAppConnected bool `json:"whatsapp_connected"`
	connectionColumns
	DisconnectReason     *domain.Reason `json:"disconnect_reason"`
	LastConnectionUpdate *time.Time     `json:"last_connection_update"`
	BotPaused            bool           `json:"bot_paused"`
	BotPausedUntil       *time.Time     `json:"bot_paused_until"`
	ConnectedPosition    int64          `json:"connected_position"` // of the event that last said so
	CatchingUp           int            `json:"catching_up"`
}

var connectionStatusTable = newTable[workspaceKey, connectionStatusRow]("read_connection_status")

// ConnectionStatus is one row per workspace: whether WhatsApp is connected, why not, since when, and what comes next.
func ConnectionStatus() Projection {
	return Projection{
		Name: "connection_status", Version: 3, Tables: []string{"read_connection_status"},
		Types: append(connectionTypes(), typesOf(domain.WorkspaceRegistered{}, domain.WorkspaceBotPaused{}, domain.WorkspaceBotResumed{})...),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return connectionStatusTable.fold(ctx, w, page, touchConnectionStatus, evolveConnectionStatus)
		},
	}
}

func touchConnectionStatus(r domain.Recorded) []workspaceKey {
	switch r.Event.(type) {
	case domain.ConnectionEvent, domain.WorkspaceRegistered, domain.WorkspaceBotPaused, domain.WorkspaceBotResumed:
		return []workspaceKey{{r.Workspace()}}
	}
	return nil
}

func evolveConnectionStatus(rows *rows[workspaceKey, connectionStatusRow], r domain.Recorded) {
	k := workspaceKey{r.Workspace()}
	row, ok := rows.get(k)
	if !ok {
		row = connectionStatusRow{workspaceKey: k, connectionColumns: neverLinked()}
	}
	switch e := r.Event.(type) {
	case domain.ConnectionEvent:
		row.connectionColumns = row.after(e)
		row.WhatsAppConnected = row.Status == domain.Connected
		row.DisconnectReason = whyNotConnected(row.connectionColumns)
		row.LastConnectionUpdate = stored(r.OccurredAt)
		if _, connected := e.(domain.ConnectionConnected); connected {
			row.ConnectedPosition = r.Position
		}
		row.CatchingUp = row.catchingUpOn(e)
	case domain.WorkspaceRegistered:
		row.DisconnectReason = whyNotConnected(row.connectionColumns)
	case domain.WorkspaceBotPaused:
		row.BotPaused, row.BotPausedUntil = true, stored(e.Until)
	case domain.WorkspaceBotResumed:
		row.BotPaused, row.BotPausedUntil = false, nil
	default:
		return
	}
	rows.put(row)
}

// catchingUpOn is how many messages a line is catching up on after e: 0 when it is not.
func (row connectionStatusRow) catchingUpOn(e domain.ConnectionEvent) int {
	if row.Reason != domain.ReasonCatchingUp {
		return 0
	}
	if began, ok := e.(domain.ConnectionCatchingUp); ok {
		return began.Announced
	}
	return row.CatchingUp
}

func whyNotConnected(c connectionColumns) *domain.Reason {
	if c.Status == domain.Connected || c.Status == domain.Connecting {
		return nil
	}
	return &c.Reason
}

// Status is a workspace's connection as people see it.
type Status struct {
	WorkspaceID          domain.WorkspaceID      `json:"workspace_id"`
	Connected            bool                    `json:"whatsapp_connected"`
	Status               domain.ConnectionStatus `json:"whatsapp_connection_status"`
	Reason               domain.Reason           `json:"reason"`
	Phone                string                  `json:"phone"` // digits only; empty when never linked
	LastConnectedAt      *time.Time              `json:"last_connected_at"`
	LastDisconnectedAt   *time.Time              `json:"last_disconnected_at"`
	LastConnectionUpdate *time.Time              `json:"last_connection_update"`
	DisconnectReason     *domain.Reason          `json:"disconnect_reason"` // nil while connected or connecting
	Attempt              int                     `json:"attempt"`
	NextAttemptAt        *time.Time              `json:"next_attempt_at"`
	CodeAttempt          int                     `json:"code_attempt"`
	CodeOf               int                     `json:"code_of"`
	CodeExpiresAt        *time.Time              `json:"code_expires_at"`
	CatchingUp           int                     `json:"catching_up"` // how many messages came in meanwhile, as WhatsApp said; 0 when not catching up
	BotPaused            bool                    `json:"bot_paused"`
	BotPausedUntil       *time.Time              `json:"bot_paused_until"` // nil while paused: until resumed by hand
	LastReplyAt          *time.Time              `json:"last_reply_at"`    // when the bot or somebody in the dashboard last answered a customer
	OwnerGone            bool                    `json:"owner_gone"`       // who held the line is dead, or somebody else has taken it since
	OwnerLate            bool                    `json:"owner_late"`       // the process that holds the line has missed a heartbeat
	Fallen               *domain.Reason          `json:"fallen"`           // why who holds the line says that it fell; nil when it does not
}

// statusColumns also ask about the process that owns the session. A dead one can write no event, and one that has taken the
// workspace over just now has no connection yet: whatever was connected was its predecessor's. A workspace that nobody ever
// owned has no lease. A heartbeat comes every 5 s and counts for 15.
const statusColumns = `
	SELECT s.workspace_id, s.whatsapp_connected, s.whatsapp_connection_status, s.reason, s.phone, s.last_connected_at,
		s.last_disconnected_at, s.last_connection_update, s.disconnect_reason, s.attempt, s.next_attempt_at,
		s.code_attempt, s.code_of, s.code_expires_at, s.catching_up, s.bot_paused, s.bot_paused_until,
		(SELECT a.last_reply_at FROM read_activity a WHERE a.workspace_id = s.workspace_id) AS last_reply_at,
		(l.workspace_id IS NOT NULL AND (coalesce(n.expires_at, '-infinity') < clock_timestamp()
			OR s.connected_position BETWEEN 1 AND l.taken_after)) AS owner_gone,
		(l.workspace_id IS NOT NULL AND coalesce(n.expires_at, '-infinity') < clock_timestamp() + interval '9 s') AS owner_late,
		(SELECT f.reason FROM session_falls f
		  WHERE f.workspace_id = s.workspace_id AND f.after_position = s.connected_position) AS fallen
	FROM read_connection_status s
	LEFT JOIN workspace_leases l ON l.workspace_id = s.workspace_id
	LEFT JOIN nodes n ON n.node_id = l.node_id`

// StatusOf returns a workspace's connection, as far as the tables know; false when the workspace is not known (yet).
func StatusOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (Status, bool, error) {
	status, ok, err := queryOne[Status](ctx, q, statusColumns+` WHERE s.workspace_id = $1`, w)
	if err != nil {
		return Status{}, false, fmt.Errorf("read the connection status: %w", err)
	}
	return status.told(), ok, nil
}

// told takes back that a line is connected when its owner is gone, or says that it fell.
func (s Status) told() Status {
	switch {
	case s.OwnerGone:
		return s.fallen(domain.ReasonRestarted)
	case s.Fallen != nil:
		return s.fallen(*s.Fallen)
	}
	return s
}

// Witness is what this process knows of a line before any table can say it.
type Witness struct {
	Down    domain.Reason // why the line, which this process holds, is not connected; empty while it is, or when somebody else holds it
	LogAway bool          // nothing can be recorded now, so whoever holds a line closes it and cannot say so
}

// SeenBy corrects what the tables say by what this process sees. It only ever takes back that a line is connected: that it
// is connected again is said by the event, so no two answers in a row contradict each other.
func (s Status) SeenBy(w Witness) Status {
	switch {
	case w.LogAway && (w.Down != "" || s.OwnerLate):
		return s.fallen(domain.ReasonStorage)
	case w.Down != "":
		return s.fallen(w.Down)
	}
	return s
}

// fallen is the status of a line that the log has as connected, and that is not.
func (s Status) fallen(why domain.Reason) Status {
	if s.Status == domain.Connected {
		now := domain.Connection{}.Evolve(domain.ConnectionReconnecting{Reason: why})
		s.Connected, s.Status, s.Reason, s.DisconnectReason, s.CatchingUp = false, now.Status, why, &why, 0
	}
	return s
}
