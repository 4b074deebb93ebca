package postgres

import (
	"database/sql"
	"fmt"

	"switchboard.example/domain"
)

// row is an event as it comes from the table.
type row struct {
	domain.Recorded
	causation sql.NullString
	keyID     sql.NullString
	data      []byte
	sealed    []byte
}

const rowColumns = `position, event_id, workspace_id, stream_kind, stream_key, stream_version, type, schema_version,
       occurred_at, recorded_at, actor_kind, actor_id, causation_id, correlation_id, key_id, data, sealed`

func (r *row) scan(rows *sql.Rows) error {
	return rows.Scan(&r.Position, &r.ID, &r.Stream.Workspace, &r.Stream.Kind, &r.Stream.Key, &r.Version, &r.Type, &r.SchemaVersion,
		&r.OccurredAt, &r.RecordedAt, &r.Actor.Kind, &r.Actor.ID, &r.causation, &r.CorrelationID, &r.keyID, &r.data, &r.sealed)
}

// collect reads all rows of a query and closes it.
func collect(rows *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []row
	for rows.Next() {
		var r row
		if err := r.scan(rows); err != nil {
			return nil, fmt.Errorf("read an event row: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// textArray converts ids for pq.Array.
func textArray[ID ~string](ids []ID) any {
	var a array
	for _, id := range ids {
		a.addWord(string(id))
	}
	return a.param()
}

func asIDs(texts []string) []domain.CustomerID {
	ids := make([]domain.CustomerID, len(texts))
	for i, t := range texts {
		ids[i] = domain.CustomerID(t)
	}
	return ids
}
