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
}

var connectionStatusTable = newTable[workspaceKey, connectionStatusRow]("read_connection_status")

// ConnectionStatus is one row per workspace: whether WhatsApp is connected, why not, since when, and what comes next.
func ConnectionStatus() Projection {
	return Projection{
		Name: "connection_status", Version: 2, Tables: []string{"read_connection_status"},
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
	BotPaused            bool                    `json:"bot_paused"`
	BotPausedUntil       *time.Time              `json:"bot_paused_until"` // nil while paused: until resumed by hand
	LastReplyAt          *time.Time              `json:"last_reply_at"`    // when the bot or somebody in the dashboard last answered a customer
	OwnerGone            bool                    `json:"owner_gone"`       // the process that held the session stopped its heartbeat
}

// statusColumns also ask whether the process that owns the session is alive: a dead one can write no event. A workspace
// that nobody ever owned has no lease.
const statusColumns = `
	SELECT s.workspace_id, s.whatsapp_connected, s.whatsapp_connection_status, s.reason, s.phone, s.last_connected_at,
		s.last_disconnected_at, s.last_connection_update, s.disconnect_reason, s.attempt, s.next_attempt_at,
		s.code_attempt, s.code_of, s.code_expires_at, s.bot_paused, s.bot_paused_until,
		(SELECT w.last_reply_at FROM read_workspaces w WHERE w.workspace_id = s.workspace_id) AS last_reply_at,
		(l.workspace_id IS NOT NULL AND coalesce(n.expires_at, '-infinity') < clock_timestamp()) AS owner_gone
	FROM read_connection_status s
	LEFT JOIN workspace_leases l ON l.workspace_id = s.workspace_id
	LEFT JOIN nodes n ON n.node_id = l.node_id`

// StatusOf returns a workspace's connection; false when the workspace is not known (yet).
func StatusOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (Status, bool, error) {
	status, ok, err := queryOne[Status](ctx, q, statusColumns+` WHERE s.workspace_id = $1`, w)
	if err != nil {
		return Status{}, false, fmt.Errorf("read the connection status: %w", err)
	}
	return status.now(), ok, nil
}

// now corrects a status whose owner is gone: a session without a process is not connected, whatever the log last heard.
func (s Status) now() Status {
	if s.OwnerGone && s.Status == domain.Connected {
		reason := domain.ReasonRestarted
		s.Connected, s.Status, s.Reason, s.DisconnectReason = false, domain.Reconnecting, reason, &reason
	}
	return s
}
