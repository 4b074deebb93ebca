package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/domain"
)

// leaseChannel carries the id of a workspace that was given back, or nothing when nodes came or went.
const leaseChannel = "switchboard_leases"

// leaseRows are the tables nodes and workspace_leases.
type leaseRows struct{ db *sqlx.DB }

func (t leaseRows) replace(ctx context.Context, name, node string) error {
	_, err := t.db.ExecContext(ctx, `DELETE FROM nodes WHERE name = $1 AND node_id <> $2`, name, node)
	return err
}

// renew tells the others when a node is new or begins to leave.
func (t leaseRows) renew(ctx context.Context, name, node string, leaving bool) error {
	_, err := t.db.ExecContext(ctx, `
		WITH before AS MATERIALIZED (SELECT leaving FROM nodes WHERE node_id = $1)
		INSERT INTO nodes (node_id, name, expires_at, leaving)
		SELECT $1::uuid, $2, clock_timestamp() + $3 * interval '1 second', $4
		  FROM (SELECT CASE WHEN (SELECT leaving FROM before) IS DISTINCT FROM $4
		                    THEN pg_notify('`+leaseChannel+`', '') END) AS told
		ON CONFLICT ON CONSTRAINT nodes_pkey DO UPDATE SET expires_at = EXCLUDED.expires_at, leaving = EXCLUDED.leaving`,
		node, name, heartbeatTTL.Seconds(), leaving)
	return err
}

func (t leaseRows) owned(ctx context.Context, node string) (map[domain.WorkspaceID]int64, error) {
	return scanEpochs(t.db.QueryContext(ctx, `SELECT workspace_id, epoch FROM workspace_leases WHERE node_id = $1`, node))
}

func (t leaseRows) others(ctx context.Context, node string) (n int, err error) {
	return n, t.db.GetContext(ctx, &n, `
		SELECT count(*)
		  FROM nodes
		 WHERE node_id <> $1 AND expires_at > clock_timestamp() AND NOT leaving`, node)
}

// take looks before it writes: a write would lock the row, and a living owner's appends would find it locked. A workspace whose
// epoch moved since the look, or whose row somebody holds, is being taken by another node.
func (t leaseRows) take(ctx context.Context, workspaces []domain.WorkspaceID, most int, node string) (map[domain.WorkspaceID]int64, error) {
	return scanEpochs(t.db.QueryContext(ctx, `
		WITH wanted AS MATERIALIZED (
		  SELECT w.id, l.epoch, l.node_id IS NOT DISTINCT FROM $2 AS mine,
		         EXISTS (SELECT FROM nodes n WHERE n.node_id = l.node_id AND n.expires_at > clock_timestamp()) AS owned
		    FROM unnest($1::uuid[]) AS w (id)
		    LEFT JOIN workspace_leases l ON l.workspace_id = w.id),
		free AS MATERIALIZED (
		  SELECT l.workspace_id
		    FROM workspace_leases l
		    JOIN wanted w ON w.id = l.workspace_id AND w.epoch = l.epoch
		   WHERE NOT w.owned AND NOT w.mine
		   ORDER BY l.workspace_id
		   LIMIT $3
		     FOR UPDATE OF l SKIP LOCKED),
		taken AS (
		  UPDATE workspace_leases l
		     SET node_id = $2, epoch = l.epoch + 1, taken_at = clock_timestamp(), taken_after = (SELECT head_position FROM event_log)
		    FROM free
		   WHERE l.workspace_id = free.workspace_id
		  RETURNING l.workspace_id, l.epoch),
		begun AS (
		  INSERT INTO workspace_leases (workspace_id, node_id, epoch, taken_after)
		  SELECT w.id, $2, 1, (SELECT head_position FROM event_log) FROM wanted w WHERE w.epoch IS NULL
		   LIMIT greatest(0, $3 - (SELECT count(*) FROM taken))
		  ON CONFLICT ON CONSTRAINT workspace_leases_pkey DO NOTHING
		  RETURNING workspace_id, epoch)
		SELECT id, epoch FROM wanted WHERE mine
		UNION ALL SELECT * FROM taken
		UNION ALL SELECT * FROM begun`, pq.Array(workspaces), node, most))
}

func scanEpochs(rows *sql.Rows, err error) (map[domain.WorkspaceID]int64, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	epochs := map[domain.WorkspaceID]int64{}
	for rows.Next() {
		var w domain.WorkspaceID
		var epoch int64
		if err := rows.Scan(&w, &epoch); err != nil {
			return nil, err
		}
		epochs[w] = epoch
	}
	return epochs, rows.Err()
}

func (t leaseRows) release(ctx context.Context, w domain.WorkspaceID, node string) error {
	_, err := t.db.ExecContext(ctx, `
		WITH released AS (
		  UPDATE workspace_leases
		     SET node_id = NULL
		   WHERE workspace_id = $1 AND node_id = $2
		  RETURNING workspace_id
		)
		SELECT pg_notify('`+leaseChannel+`', workspace_id::text) FROM released`, string(w), node)
	return err
}

func (t leaseRows) releaseAll(ctx context.Context, node string) error {
	_, err := t.db.ExecContext(ctx, `
		WITH released AS (UPDATE workspace_leases SET node_id = NULL WHERE node_id = $1),
		     gone AS (DELETE FROM nodes WHERE node_id = $1)
		SELECT pg_notify('`+leaseChannel+`', '')`, node)
	return err
}

// listen tells of what other nodes give back until ctx ends. It takes one connection of its own.
func (l *Leases) listen(ctx context.Context) {
	listener := pq.NewListener(l.dsn, 100*time.Millisecond, 5*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "lease listener lost its connection", "error", err)
		}
	})
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })() // also frees a Listen that waits for its connection
	if err := listener.Listen(leaseChannel); err != nil {
		return
	}
	probe := time.NewTicker(30 * time.Second)
	defer probe.Stop()
	for {
		select {
		case n, open := <-listener.Notify:
			if !open {
				return
			}
			l.heard(ctx, n)
		case <-probe.C:
			go func() { _ = listener.Ping() }() // a failing one makes the listener connect again
		case <-ctx.Done():
			return
		}
	}
}

func (l *Leases) heard(ctx context.Context, n *pq.Notification) {
	if n == nil || n.Extra == "" { // connected again, or nodes came or went
		l.count(ctx)
		l.onFreed(nil)
		return
	}
	l.onFreed([]domain.WorkspaceID{domain.WorkspaceID(n.Extra)})
}
