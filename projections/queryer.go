package projections

import (
	"context"
	"encoding/json"
	"fmt"
)

// Queryer reads tables: a transaction limited to one workspace, or a pool that sees them all.
type Queryer interface {
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// query returns the rows of a SELECT, each read by the json tags of R.
func query[R any](ctx context.Context, q Queryer, statement string, args ...any) ([]R, error) {
	var raw []string
	if err := q.SelectContext(ctx, &raw, "SELECT to_jsonb(the_row) FROM ("+statement+") AS the_row", args...); err != nil {
		return nil, err
	}
	rows := make([]R, len(raw))
	for i, text := range raw {
		if err := json.Unmarshal([]byte(text), &rows[i]); err != nil {
			return nil, fmt.Errorf("read a row: %w", err)
		}
	}
	return rows, nil
}

// queryOne returns the only row of a SELECT, or false when there is none.
func queryOne[R any](ctx context.Context, q Queryer, statement string, args ...any) (R, bool, error) {
	rows, err := query[R](ctx, q, statement, args...)
	if err != nil || len(rows) == 0 {
		var none R
		return none, false, err
	}
	return rows[0], true, nil
}

// queryNumber returns the only number of a SELECT.
func queryNumber(ctx context.Context, q Queryer, statement string, args ...any) (int64, error) {
	var numbers []int64
	if err := q.SelectContext(ctx, &numbers, statement, args...); err != nil || len(numbers) == 0 {
		return 0, err
	}
	return numbers[0], nil
}
