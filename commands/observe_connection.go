package commands

import (
	"context"
	"fmt"

	"switchboard.example/domain"
)

// ObserveConnection reports something the session pool saw happen to a workspace's connection.
type ObserveConnection struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Event       domain.ConnectionEvent
}

// Connections folds workspaces' connections from the log, all by one question.
func (h *Handler) Connections(ctx context.Context, of ...domain.WorkspaceID) (map[domain.WorkspaceID]domain.Connection, error) {
	streams, from := make([]domain.StreamID, len(of)), make([]From, len(of))
	for i, w := range of {
		streams[i] = domain.ConnectionStream(w)
	}
	before, err := h.recall(ctx, streams...)
	if err != nil {
		return nil, fmt.Errorf("load connections: %w", err)
	}
	for i, stream := range streams {
		from[i] = From{Stream: stream, After: before[i].version}
	}
	events, err := h.Store.LoadSeveral(ctx, from...)
	if err != nil {
		return nil, fmt.Errorf("load connections: %w", err)
	}
	since := map[domain.StreamID][]domain.Recorded{}
	for _, r := range events {
		since[r.Stream] = append(since[r.Stream], r)
	}
	known := make(map[domain.WorkspaceID]domain.Connection, len(of))
	for i, w := range of {
		stream := streams[i]
		known[w], _ = foldOn[domain.Connection, domain.ConnectionEvent](h, stream, before[i], since[stream])
	}
	h.keep(ctx, streams...)
	return known, nil
}

// ObserveConnection records what was seen, if it is news. It returns 0 when it was not.
func (h *Handler) ObserveConnection(ctx context.Context, cmd ObserveConnection) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.ConnectionStream(cmd.WorkspaceID),
		func(c domain.Connection) ([]domain.Event, error) {
			return c.Observe(cmd.Event), nil
		})
}
