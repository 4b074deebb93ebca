package postgres

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

var _ commands.Snapshots = (*EventStore)(nil)

// Snapshots returns what is kept of these streams; see commands.Snapshots.
func (s *EventStore) Snapshots(ctx context.Context, schema int, of ...domain.StreamID) ([]commands.Snapshot, error) {
	ids, streams := make([]string, len(of)), map[string]domain.StreamID{}
	for i, stream := range of {
		ids[i] = stream.UUID()
		streams[ids[i]] = stream
	}
	rows, err := s.db.QueryContext(ctx, `
		SELECT stream_id, version, state
		  FROM stream_snapshots
		 WHERE stream_id = ANY ($1::uuid[]) AND schema_version = $2`, pq.Array(ids), schema)
	if err != nil {
		return nil, fmt.Errorf("read snapshots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []commands.Snapshot
	for rows.Next() {
		var id string
		var one commands.Snapshot
		if err := rows.Scan(&id, &one.Version, &one.State); err != nil {
			return nil, fmt.Errorf("read snapshots: %w", err)
		}
		one.Stream = streams[id]
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read snapshots: %w", err)
	}
	return all, nil
}

// KeepSnapshots keeps these in the place of older ones; see commands.Snapshots. A program of an older schema replaces none of a
// newer one.
func (s *EventStore) KeepSnapshots(ctx context.Context, schema int, all ...commands.Snapshot) error {
	var ids, workspaces, states []string
	var versions []int64
	for _, one := range all {
		ids, workspaces = append(ids, one.Stream.UUID()), append(workspaces, string(one.Stream.Workspace))
		versions, states = append(versions, one.Version), append(states, string(one.State))
	}
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO stream_snapshots AS kept (stream_id, workspace_id, schema_version, version, state)
		SELECT id, workspace, $2, version, state
		  FROM unnest($1::uuid[], $3::uuid[], $4::bigint[], $5::jsonb[]) AS s (id, workspace, version, state)
		ON CONFLICT ON CONSTRAINT stream_snapshots_pkey DO UPDATE
		   SET schema_version = EXCLUDED.schema_version, version = EXCLUDED.version, state = EXCLUDED.state
		 WHERE (kept.schema_version, kept.version) < (EXCLUDED.schema_version, EXCLUDED.version)`,
		pq.Array(ids), schema, pq.Array(workspaces), pq.Array(versions), pq.Array(states))
	if err != nil {
		return fmt.Errorf("keep snapshots: %w", err)
	}
	return nil
}
