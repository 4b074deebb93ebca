package feed

import (
	"database/sql"
	"fmt"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
)

// logSchema lets watermill-sql read the events table as it is.
type logSchema struct{ *batches }

var _ wsql.SchemaAdapter = logSchema{}

// InsertQuery implements wsql.SchemaAdapter.
func (logSchema) InsertQuery(wsql.InsertQueryParams) (wsql.Query, error) {
	return wsql.Query{}, errReadOnly
}

// SelectQuery locks the checkpoint and names the positions after it that the batch has. When somebody set the checkpoint
// back behind the batch, it names none, and the batch is made anew.
func (s logSchema) SelectQuery(p wsql.SelectQueryParams) (wsql.Query, error) {
	next, err := p.OffsetsAdapter.NextOffsetQuery(wsql.NextOffsetQueryParams{Topic: p.Topic, ConsumerGroup: p.ConsumerGroup})
	if err != nil {
		return wsql.Query{}, err
	}
	first, last := s.bounds()
	return wsql.Query{
		Query: `
			WITH checkpoint AS MATERIALIZED (` + next.Query + `)
			SELECT e.position
			FROM checkpoint c
			JOIN events e ON e.position > c.position
			WHERE c.position >= $3
				AND e.position BETWEEN $4 AND $5
			ORDER BY e.position`,
		Args: append(next.Args, first-1, first, last),
	}, nil
}

// UnmarshalMessage implements wsql.SchemaAdapter.
func (s logSchema) UnmarshalMessage(p wsql.UnmarshalMessageParams) (wsql.Row, error) {
	var position int64
	if err := p.Row.Scan(&position); err != nil {
		return wsql.Row{}, fmt.Errorf("scan a position: %w", err)
	}
	r, ok := s.at(position)
	if !ok {
		return wsql.Row{}, fmt.Errorf("event %d is not in the batch", position)
	}
	return wsql.Row{Offset: position, Msg: newMessage(r)}, nil
}

// SchemaInitializingQueries implements wsql.SchemaAdapter: the tables come from the migrations.
func (logSchema) SchemaInitializingQueries(wsql.SchemaInitializingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}

// SubscribeIsolationLevel implements wsql.SchemaAdapter. The locked checkpoint is all the isolation it takes; a stricter
// level would fail whenever somebody else touched a row.
func (logSchema) SubscribeIsolationLevel() sql.IsolationLevel { return sql.LevelReadCommitted }

// logOffsets keeps watermill-sql's offsets in projection_checkpoints.
type logOffsets struct{ *batches }

var _ wsql.OffsetsAdapter = logOffsets{}

// NextOffsetQuery locks the checkpoint, so that one process at a time handles messages. See advance for why the
// commit need not reach the disk.
func (o logOffsets) NextOffsetQuery(wsql.NextOffsetQueryParams) (wsql.Query, error) {
	return wsql.Query{
		Query: `
			SELECT position, set_config('synchronous_commit', 'off', true)
			FROM projection_checkpoints
			WHERE name = $1 AND version = $2
			FOR UPDATE`,
		Args: []any{o.name, o.version},
	}, nil
}

// AckMessageQuery moves the checkpoint over the batch and tells other processes.
func (o logOffsets) AckMessageQuery(p wsql.AckMessageQueryParams) (wsql.Query, error) {
	return wsql.Query{
		Query: `
			WITH moved AS (
				UPDATE projection_checkpoints
				SET position = $3, updated_at = now()
				WHERE name = $1 AND version = $2
				RETURNING position
			)
			SELECT pg_notify('` + changesChannel + `', $4)
			FROM moved`,
		Args: []any{o.name, o.version, p.LastRow.Offset, o.hintUpTo(p.LastRow.Offset)},
	}, nil
}

// ConsumedMessageQuery implements wsql.OffsetsAdapter: nothing is noted before the acknowledgement.
func (logOffsets) ConsumedMessageQuery(wsql.ConsumedMessageQueryParams) (wsql.Query, error) {
	return wsql.Query{}, nil
}

// SchemaInitializingQueries implements wsql.OffsetsAdapter: the tables come from the migrations.
func (logOffsets) SchemaInitializingQueries(wsql.OffsetsSchemaInitializingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}

// BeforeSubscribingQueries implements wsql.OffsetsAdapter: the feed has made the checkpoint.
func (logOffsets) BeforeSubscribingQueries(wsql.BeforeSubscribingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}
