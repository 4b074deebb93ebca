package postgres

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"switchboard.example/domain"
)

// Query chooses events of one workspace; zero fields choose everything.
type Query struct {
	Workspace domain.WorkspaceID // needed
	After     int64              // positions greater than this
	Through   int64              // positions up to and including this
	Types     []string           // stored names, such as "connection.connected"
	Stream    domain.StreamID    // by kind, and by key if it has one
	From, To  time.Time          // recorded at or after, and before; by the log's clock
	Limit     int                // at most this many. Defaults to 200
}

// LoadWorkspace returns up to limit events of one workspace after a position, in order.
func (s *EventStore) LoadWorkspace(ctx context.Context, w domain.WorkspaceID, after int64, limit int) ([]domain.Recorded, error) {
	return s.Find(ctx, Query{Workspace: w, After: after, Limit: limit})
}

// Find returns the events a query chooses, in order; ask again with After set to the last position for the next ones.
// The log has no index by workspace, so a rare type in a small workspace of a long log is found by reading all of it;
// naming a whole stream or a narrow time is quick. An event that cannot be read is an Undecodable.
func (s *EventStore) Find(ctx context.Context, q Query) ([]domain.Recorded, error) {
	where, args := q.conditions()
	if !q.From.IsZero() || !q.To.IsZero() {
		low, high, err := s.positionsBetween(ctx, q.From, q.To)
		if err != nil {
			return nil, err
		}
		where, args = append(where, "position >= $%d", "position < $%d"), append(args, low, high)
	}
	for i := range where {
		where[i] = fmt.Sprintf(where[i], i+1)
	}
	statement := `SELECT ` + rowColumns + ` FROM events WHERE ` + strings.Join(where, " AND ") +
		fmt.Sprintf(` ORDER BY position LIMIT %d`, cmp.Or(q.Limit, 200))
	rows, err := collect(s.db.QueryContext(ctx, statement, args...))
	if err != nil {
		return nil, fmt.Errorf("find events: %w", err)
	}
	return s.decode(ctx, rows)
}

// conditions returns the WHERE clauses, each with one %d for its parameter's number, and the parameters.
func (q Query) conditions() (where []string, args []any) {
	add := func(condition string, arg any) {
		where, args = append(where, condition), append(args, arg)
	}
	add("workspace_id = $%d", string(q.Workspace))
	add("position > $%d", q.After)
	if q.Through > 0 {
		add("position <= $%d", q.Through)
	}
	if len(q.Types) > 0 {
		add("type = ANY ($%d)", textArray(q.Types))
	}
	switch {
	case q.Stream.Key != "":
		q.Stream.Workspace = q.Workspace
		add("stream_id = $%d", q.Stream.UUID())
	case q.Stream.Kind != "":
		add("stream_kind = $%d", string(q.Stream.Kind))
	}
	return where, args
}

// positionsBetween turns a time span into the positions recorded in it. recorded_at never goes back as positions go up,
// so each end is found by halving the log and no index on time is needed.
func (s *EventStore) positionsBetween(ctx context.Context, from, to time.Time) (low, high int64, err error) {
	head, err := s.Head(ctx)
	if err != nil {
		return 0, 0, err
	}
	low, high = 1, head+1
	if !from.IsZero() {
		if low, err = s.firstRecordedAt(ctx, head, from); err != nil {
			return 0, 0, err
		}
	}
	if !to.IsZero() {
		high, err = s.firstRecordedAt(ctx, head, to)
	}
	return low, high, err
}

// PositionAt is the position of the last event recorded before t, 0 when there is none: replaying up to and including it
// gives the state at that time.
func (s *EventStore) PositionAt(ctx context.Context, t time.Time) (int64, error) {
	head, err := s.Head(ctx)
	if err != nil {
		return 0, err
	}
	first, err := s.firstRecordedAt(ctx, head, t)
	return first - 1, err
}

// firstRecordedAt is the first position recorded at t or later, head+1 when there is none.
func (s *EventStore) firstRecordedAt(ctx context.Context, head int64, t time.Time) (int64, error) {
	low, high := int64(1), head+1
	for low < high {
		middle := low + (high-low)/2
		var before bool
		err := s.db.GetContext(ctx, &before, `SELECT recorded_at < $2 FROM events WHERE position = $1`, middle, t)
		if err != nil {
			return 0, fmt.Errorf("find a time in the log: %w", err)
		}
		if before {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}
