package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// TimelineName is the timeline's name as a reader of the log, and its checkpoint's.
const TimelineName = "timeline"

type timelineKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Position    int64              `json:"position"`
}

func (k timelineKey) key() timelineKey { return k }

// timelineRow is one event as people read it. Nothing personal is in it: forgetting somebody leaves it as it is.
type timelineRow struct {
	timelineKey
	EventID       domain.EventID    `json:"event_id"`
	Type          string            `json:"type"`
	Subject       domain.StreamKind `json:"subject"`
	Stream        string            `json:"stream"`
	Version       int64             `json:"version"`
	OccurredAt    *time.Time        `json:"occurred_at"`
	ActorKind     domain.ActorKind  `json:"actor_kind"`
	ActorID       string            `json:"actor_id"`
	CausationID   string            `json:"causation_id"`
	CorrelationID string            `json:"correlation_id"`
	Sentence      string            `json:"sentence"`
	Data          json.RawMessage   `json:"data"`
}

var timelineTable = newTable[timelineKey, timelineRow]("read_timeline")

// TimelineModel is the timeline as a read model like the others, for who folds it from the beginning.
func TimelineModel() Projection {
	return Projection{Name: TimelineName, Version: 1, Tables: []string{timelineTable.name}, Apply: Timeline}
}

// Timeline adds events to the timeline, through the transaction that notes them as done. It may be called again with the
// same events.
func Timeline(ctx context.Context, page []domain.Recorded, w Writer) error {
	rows := make([]timelineRow, len(page))
	for i, r := range page {
		data, err := masked(r.Event)
		if err != nil {
			return fmt.Errorf("mask %s: %w", r.Type, err)
		}
		rows[i] = timelineRow{
			timelineKey: timelineKey{r.Workspace(), r.Position}, EventID: r.ID, Type: r.Type, Subject: r.Stream.Kind, Stream: r.Stream.String(),
			Version: r.Version, OccurredAt: stored(r.OccurredAt), ActorKind: r.Actor.Kind, ActorID: words(r.Actor.ID),
			CausationID: string(r.CausationID), CorrelationID: string(r.CorrelationID), Sentence: words(Sentence(r)), Data: data,
		}
	}
	return wrap(execRows(ctx, w, timelineTable.save, rows), "write the timeline")
}

// mask stands in for something about a customer.
const mask = "•••"

// masked returns an event's body with its personal fields covered, whether or not there is something under the cover.
func masked(e domain.Event) (json.RawMessage, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	personal := domain.PersonalFields(e.EventType())
	if len(personal) == 0 {
		return body, nil
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	for _, name := range personal {
		fields[name] = mask
	}
	return json.Marshal(fields)
}

// TimelineEntry is one event as people read it.
type TimelineEntry struct {
	Position      int64            `json:"position"`
	EventID       domain.EventID   `json:"event_id"`
	Type          string           `json:"type"`
	Stream        string           `json:"stream"`
	Version       int64            `json:"version"`
	OccurredAt    time.Time        `json:"occurred_at"`
	ActorKind     domain.ActorKind `json:"actor_kind"`
	ActorID       string           `json:"actor_id"`
	CausationID   string           `json:"causation_id"`   // empty: none
	CorrelationID string           `json:"correlation_id"` // empty: none
	Sentence      string           `json:"sentence"`
	Data          json.RawMessage  `json:"data"` // the body, personal parts masked
}

// TimelinePage asks for a page of the timeline.
type TimelinePage struct {
	After  *int64 // only above this position, oldest first
	Before *int64 // only below this position, newest first
	Type   string // an event type, or a subject such as "connection"; empty: all
	Stream string // empty: all
	Limit  int
}

// TimelineOf returns a page of a workspace's timeline.
func TimelineOf(ctx context.Context, q Queryer, w domain.WorkspaceID, p TimelinePage) ([]TimelineEntry, error) {
	order := "DESC"
	if p.After != nil {
		order = "ASC"
	}
	entries, err := query[TimelineEntry](ctx, q, `
		SELECT position, event_id, type, stream, version, occurred_at, actor_kind, actor_id, causation_id, correlation_id, sentence, data
		FROM read_timeline
		WHERE workspace_id = $1 AND ($2::bigint IS NULL OR position > $2) AND ($3::bigint IS NULL OR position < $3)
			AND ($4 = '' OR type = $4 OR subject = $4) AND ($5 = '' OR stream = $5)
		ORDER BY position `+order+`
		LIMIT $6`, w, p.After, p.Before, p.Type, p.Stream, p.Limit)
	if err != nil {
		return nil, fmt.Errorf("read the timeline: %w", err)
	}
	return entries, nil
}
