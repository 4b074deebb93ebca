package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Counters hands out numbers that are never given twice.
type Counters struct {
	DB *sqlx.DB // under sb_worker
}

var _ commands.Counters = Counters{}

// NextFAQNumber returns 1, 2, 3 … per workspace. A number may be skipped, never repeated.
func (c Counters) NextFAQNumber(ctx context.Context, w domain.WorkspaceID) (int, error) {
	var next int
	err := c.DB.GetContext(ctx, &next, `
		INSERT INTO faq_counters AS c (workspace_id, last_number)
		VALUES ($1, 1)
		ON CONFLICT ON CONSTRAINT faq_counters_pkey DO UPDATE SET last_number = c.last_number + 1
		RETURNING last_number`, string(w))
	if err != nil {
		return 0, fmt.Errorf("count FAQs: %w", err)
	}
	return next, nil
}
