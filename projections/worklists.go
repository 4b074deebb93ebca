package projections

import (
	"context"
	"fmt"

	"switchboard.example/domain"
)

// OutboxFor lists what the given workspaces have to send, in the order it was queued.
func OutboxFor(ctx context.Context, q Queryer, workspaces []domain.WorkspaceID, limit int) ([]OutboxItem, error) {
	items, err := query[OutboxItem](ctx, q, `
		SELECT workspace_id, customer_id, reply_id, whatsapp_id, queued_at, deadline
		FROM read_outbox
		WHERE workspace_id = ANY ($1::uuid[])
		ORDER BY position
		LIMIT $2`, uuids(workspaces), limit)
	if err != nil {
		return nil, fmt.Errorf("read the outboxes: %w", err)
	}
	return items, nil
}

// WaitingOf counts a workspace's conversations in which somebody waits for a person.
func WaitingOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (int, error) {
	n, err := queryNumber(ctx, q, `
		SELECT count(*)
		FROM read_inbox
		WHERE workspace_id = $1 AND waiting_since IS NOT NULL`, w)
	if err != nil {
		return 0, fmt.Errorf("count who waits: %w", err)
	}
	return int(n), nil
}
