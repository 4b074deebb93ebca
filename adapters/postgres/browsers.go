package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Browsers keeps where members are told of alerts while the dashboard is closed, and what is on its way there. It is a
// commands.Browsers.
type Browsers struct {
	DB  *sqlx.DB // under sb_worker
	Now func() time.Time
}

var _ commands.Browsers = Browsers{}

// Add keeps a browser, and the member's newest commands.MaxBrowsers. One whose endpoint is known for the member keeps its id,
// which is returned; for anybody else it is forgotten.
func (b Browsers) Add(ctx context.Context, one commands.Browser) (id string, err error) {
	tx, err := b.DB.BeginTxx(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("keep a browser: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	w, m := string(one.WorkspaceID), string(one.MemberID)
	_, anothers := tx.ExecContext(ctx, `
		DELETE FROM push_browsers
		WHERE endpoint = $1 AND (workspace_id, user_id) <> ($2::uuid, $3::uuid)`, one.Endpoint, w, m)
	kept := tx.GetContext(ctx, &id, `
		INSERT INTO push_browsers (id, workspace_id, user_id, endpoint, service, p256dh, auth, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (endpoint) DO UPDATE
		SET p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at, failing_since = NULL
		RETURNING id`, one.ID, w, m, one.Endpoint, one.Service(), one.P256DH, one.Auth, b.Now())
	_, oldest := tx.ExecContext(ctx, `
		DELETE FROM push_browsers
		WHERE id IN (SELECT id FROM push_browsers WHERE user_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2)`, m, commands.MaxBrowsers)
	if err := errors.Join(anothers, kept, oldest); err != nil {
		return "", fmt.Errorf("keep a browser: %w", err)
	}
	return id, tx.Commit()
}

// Has says whether a member is told there.
func (b Browsers) Has(ctx context.Context, id string, w domain.WorkspaceID, m domain.MemberID) (found bool, err error) {
	err = b.DB.GetContext(ctx, &found, `
		SELECT EXISTS (SELECT FROM push_browsers WHERE id::text = $1 AND workspace_id = $2 AND user_id = $3)`, id, string(w), string(m))
	if err != nil {
		return false, fmt.Errorf("look for a browser: %w", err)
	}
	return found, nil
}

// Remove forgets a browser. An unknown one is fine.
func (b Browsers) Remove(ctx context.Context, id string) error {
	return b.forget(ctx, `DELETE FROM push_browsers WHERE id = $1`, id)
}

// KeepOnlyFor forgets a browser that is another member's.
func (b Browsers) KeepOnlyFor(ctx context.Context, id string, m domain.MemberID) error {
	return b.forget(ctx, `DELETE FROM push_browsers WHERE id = $1 AND user_id <> $2`, id, string(m))
}

func (b Browsers) forget(ctx context.Context, statement, id string, args ...any) error {
	if notOne := uuid.Validate(id); notOne != nil {
		return nil //nolint:nilerr // what is no id names no browser
	}
	if _, err := b.DB.ExecContext(ctx, statement, append([]any{id}, args...)...); err != nil {
		return fmt.Errorf("forget a browser: %w", err)
	}
	return nil
}

// Queue has an alert sent to every browser of those members of its workspace who are told, each once however often it is asked.
func (b Browsers) Queue(ctx context.Context, alert domain.Recorded, until time.Time, to commands.Told) (int, error) {
	result, err := b.DB.ExecContext(ctx, `
		INSERT INTO push_deliveries (browser_id, position, workspace_id, due_at, until)
		SELECT id, $2, workspace_id, $3, $4
		FROM push_browsers
		WHERE workspace_id = $1 AND (user_id = ANY ($6::uuid[])) <> $5
		ON CONFLICT DO NOTHING`, string(alert.Workspace()), alert.Position, b.Now(), until, to.Everybody, textArray(to.But))
	if err != nil {
		return 0, fmt.Errorf("queue an alert for browsers: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Delivery is an alert on its way to a browser.
type Delivery struct {
	commands.Browser
	Position int64 // of the alert in the log
	Until    time.Time
	Tries    int  // this one included
	Failing  bool // the browser was not reached the last time
}

// ClaimRequest says how much is taken at once. Workspaces and services that have enough under way are left out.
type ClaimRequest struct {
	Hold         time.Duration // for so long nobody else takes them; then they count as never sent
	Most         int
	MostFailing  int // of browsers that were not reached the last time
	PerWorkspace int
	PerService   int
	Workspaces   []domain.WorkspaceID // left out
	Services     []string             // left out
}

type deliveryRow struct {
	ID          string             `db:"id"`
	WorkspaceID domain.WorkspaceID `db:"workspace_id"`
	UserID      domain.MemberID    `db:"user_id"`
	Endpoint    string             `db:"endpoint"`
	P256DH      []byte             `db:"p256dh"`
	Auth        []byte             `db:"auth"`
	Position    int64              `db:"position"`
	Until       time.Time          `db:"until"`
	Tries       int                `db:"tries"`
	Failing     bool               `db:"failing"`
}

// Claim takes what is due, over all workspaces: of each workspace and each push service only so much, browsers that were reached
// of late first, so that nobody waits for somebody else's push service.
func (b Browsers) Claim(ctx context.Context, r ClaimRequest) ([]Delivery, error) {
	now := b.Now()
	var rows []deliveryRow
	err := b.DB.SelectContext(ctx, &rows, `
		WITH due AS (
			SELECT d.browser_id, d.position, b.failing_since IS NOT NULL AS failing,
				row_number() OVER (PARTITION BY b.failing_since IS NOT NULL ORDER BY d.due_at, d.position) AS of_all,
				row_number() OVER (PARTITION BY d.workspace_id ORDER BY b.failing_since IS NOT NULL, d.due_at, d.position) AS of_workspace,
				row_number() OVER (PARTITION BY b.service ORDER BY b.failing_since IS NOT NULL, d.due_at, d.position) AS of_service
			FROM push_deliveries d
			JOIN push_browsers b ON b.id = d.browser_id
			JOIN auth_users u ON u.id = b.user_id AND u.workspace_id = b.workspace_id AND u.disabled_at IS NULL AND u.role <> 'auditor'
			WHERE d.settled_at IS NULL AND d.due_at <= $1 AND d.until > $1 AND d.workspace_id <> ALL ($3::uuid[]) AND b.service <> ALL ($4::text[])),
		taken AS (
			SELECT d.browser_id, d.position
			FROM push_deliveries d
			JOIN due USING (browser_id, position)
			WHERE due.of_workspace <= $5 AND due.of_service <= $6 AND (NOT due.failing OR due.of_all <= $8)
				AND d.settled_at IS NULL AND d.due_at <= $1
			ORDER BY due.failing, d.due_at, d.position
			LIMIT $7
			FOR UPDATE OF d SKIP LOCKED)
		UPDATE push_deliveries d
		SET due_at = $2, tries = d.tries + 1
		FROM taken, push_browsers b
		WHERE d.browser_id = taken.browser_id AND d.position = taken.position AND b.id = d.browser_id
		RETURNING b.id, b.workspace_id, b.user_id, b.endpoint, b.p256dh, b.auth, d.position, d.until, d.tries,
			b.failing_since IS NOT NULL AS failing`,
		now, now.Add(r.Hold), textArray(r.Workspaces), textArray(r.Services), r.PerWorkspace, r.PerService, r.Most, max(0, r.MostFailing))
	if err != nil {
		return nil, fmt.Errorf("take alerts for browsers: %w", err)
	}
	deliveries := make([]Delivery, len(rows))
	for i, row := range rows {
		deliveries[i] = Delivery{
			Browser:  commands.Browser{ID: row.ID, WorkspaceID: row.WorkspaceID, MemberID: row.UserID, Endpoint: row.Endpoint, P256DH: row.P256DH, Auth: row.Auth},
			Position: row.Position, Until: row.Until, Tries: row.Tries, Failing: row.Failing,
		}
	}
	slices.SortFunc(deliveries, func(x, y Delivery) int { return cmp.Compare(x.Position, y.Position) })
	return deliveries, nil
}

// Settle notes that a delivery is over.
func (b Browsers) Settle(ctx context.Context, d Delivery) error {
	return b.note(ctx, `UPDATE push_deliveries SET settled_at = $3 WHERE browser_id = $1 AND position = $2`, d.ID, d.Position, b.Now())
}

// Postpone notes when a delivery is tried again.
func (b Browsers) Postpone(ctx context.Context, d Delivery, until time.Time) error {
	return b.note(ctx, `UPDATE push_deliveries SET due_at = $3 WHERE browser_id = $1 AND position = $2`, d.ID, d.Position, until)
}

// Mark notes whether a browser was reached.
func (b Browsers) Mark(ctx context.Context, d Delivery, reached bool) error {
	return b.note(ctx, `
		UPDATE push_browsers
		SET failing_since = CASE WHEN NOT $2 THEN $3::timestamptz END
		WHERE id = $1 AND (failing_since IS NULL) <> $2`, d.ID, reached, b.Now())
}

func (b Browsers) note(ctx context.Context, statement string, args ...any) error {
	if _, err := b.DB.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("note what became of an alert for a browser: %w", err)
	}
	return nil
}

// Sweep forgets deliveries that were over a while ago, and browsers that nothing has reached for long.
func (b Browsers) Sweep(ctx context.Context, deliveries, failing time.Duration) error {
	_, old := b.DB.ExecContext(ctx, `DELETE FROM push_deliveries WHERE until < $1`, b.Now().Add(-deliveries))
	_, dead := b.DB.ExecContext(ctx, `DELETE FROM push_browsers WHERE failing_since < $1`, b.Now().Add(-failing))
	if err := errors.Join(old, dead); err != nil {
		return fmt.Errorf("forget old alerts for browsers: %w", err)
	}
	return nil
}
