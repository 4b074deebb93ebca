package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchboard.example/domain"
)

type alertRow struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Position    int64              `json:"position"`
	Kind        domain.AlertKind   `json:"kind"`
	Subject     string             `json:"subject"`
	Count       int                `json:"count"`
	CustomerID  *domain.CustomerID `json:"customer_id"`
	At          *time.Time         `json:"at"`
}

// Alerts are what each business was told of.
func Alerts() Projection {
	return Projection{
		Name: "alerts", Version: 1, Tables: []string{"read_alerts"}, Types: typesOf(domain.WorkspaceAlertRaised{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			var added []alertRow
			for _, r := range page {
				e, ok := r.Event.(domain.WorkspaceAlertRaised)
				if !ok {
					continue
				}
				row := alertRow{r.Workspace(), r.Position, e.Kind, words(e.Subject), e.Count, nil, stored(e.At)}
				if e.CustomerID != "" {
					row.CustomerID = &e.CustomerID
				}
				added = append(added, row)
			}
			if len(added) == 0 {
				return nil
			}
			data, err := json.Marshal(added)
			if err != nil {
				return err
			}
			_, err = w.ExecContext(ctx, `
				INSERT INTO read_alerts SELECT * FROM jsonb_populate_recordset(NULL::read_alerts, $1::jsonb)
				ON CONFLICT (workspace_id, position) DO NOTHING`, string(data))
			return wrap(err, "write read_alerts")
		},
	}
}

// Alert is something the business was told of.
type Alert struct {
	Position   int64              `json:"position"`
	Kind       domain.AlertKind   `json:"kind"`
	Subject    string             `json:"subject"`
	Count      int                `json:"count"`
	CustomerID *domain.CustomerID `json:"customer_id"`
	Name       string             `json:"name"` // of the customer it is about
	At         time.Time          `json:"at"`
}

// AlertsOf lists what a business was told of since a moment, the newest first.
func AlertsOf(ctx context.Context, q Queryer, w domain.WorkspaceID, since time.Time, limit int) ([]Alert, error) {
	alerts, err := query[Alert](ctx, q, `
		SELECT a.position, a.kind, a.subject, a.count, a.customer_id, coalesce(nullif(i.name, ''), i.phone, '') AS name, a.at
		FROM read_alerts a
		LEFT JOIN read_inbox i ON i.workspace_id = a.workspace_id AND i.customer_id = a.customer_id
		WHERE a.workspace_id = $1 AND a.at >= $2
		ORDER BY a.position DESC
		LIMIT $3`, w, since, limit)
	if err != nil {
		return nil, fmt.Errorf("read the alerts: %w", err)
	}
	return alerts, nil
}

// Neglected is a workspace in which somebody waits too long for a person.
type Neglected struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	People      int                `json:"people"`
}

// NeglectedBy lists workspaces in which somebody has waited longer than the business chose, since within the last day, and
// the business was not told within the last hour.
func NeglectedBy(ctx context.Context, q Queryer, now time.Time, limit int) ([]Neglected, error) {
	found, err := query[Neglected](ctx, q, `
		SELECT i.workspace_id, count(*) AS people
		FROM read_inbox i
		LEFT JOIN read_settings s ON s.workspace_id = i.workspace_id
		WHERE i.waiting_since <= $1 AND i.waiting_since > $2
			AND i.waiting_since <= $5::timestamptz - make_interval(mins => coalesce((s.settings->>'WaitingMinutes')::int, $6::int))
			AND NOT EXISTS (
				SELECT FROM read_alerts a
				WHERE a.workspace_id = i.workspace_id AND a.kind = 'waiting' AND a.at > greatest($3::timestamptz, i.waiting_since))
		GROUP BY i.workspace_id
		ORDER BY min(i.waiting_since)
		LIMIT $4`, now.Add(-domain.WaitingLeast), now.Add(-24*time.Hour), now.Add(-time.Hour), limit,
		now, int(domain.WaitingFor/time.Minute))
	if err != nil {
		return nil, fmt.Errorf("read who waits too long: %w", err)
	}
	return found, nil
}

// InNeed is who of a workspace has waited longest for a person, and for what.
type InNeed struct {
	Person
	Question string `json:"question"` // the first message since then, else the last before; empty for one without words
	People   int    `json:"people"`   // who wait, this one included
}

// WaitsLongest returns who waits longest at the given time, while no person is talking to them; false when nobody waits.
func WaitsLongest(ctx context.Context, q Queryer, w domain.WorkspaceID, now time.Time) (InNeed, bool, error) {
	found, ok, err := queryOne[InNeed](ctx, q, `
		SELECT c.customer_id, c.name, c.phone, c.people, coalesce(m.text, '') AS question
		FROM (
			SELECT s.*, count(*) OVER () AS people
			FROM (`+conversationColumns+` AND NOT i.forgotten) s
			WHERE state = 'waiting'
			ORDER BY waiting_since, customer_id
			LIMIT 1) c
		LEFT JOIN LATERAL (
			SELECT t.text
			FROM read_thread t
			WHERE t.workspace_id = c.workspace_id AND t.customer_id = c.customer_id AND t.direction = 'in' AND NOT t.deleted
			ORDER BY t.at < c.waiting_since, CASE WHEN t.at >= c.waiting_since THEN t.at END, t.at DESC, t.position
			LIMIT 1) m ON true`, w, now, quietMinutes)
	if err != nil {
		return InNeed{}, false, fmt.Errorf("read who waits longest: %w", err)
	}
	return found, ok, nil
}
