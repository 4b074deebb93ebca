package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

type auditPageBody struct {
	Events []auditEventBody `json:"events"`
	Next   *int64           `json:"next"`
}

type auditEventBody struct {
	Position      int64           `json:"position"`
	ID            domain.EventID  `json:"id"`
	Type          string          `json:"type"`
	At            time.Time       `json:"at"`
	Actor         actorBody       `json:"actor"`
	Stream        string          `json:"stream"`
	Version       int64           `json:"version"`
	CorrelationID *string         `json:"correlationId"`
	CausationID   *string         `json:"causationId"`
	Sentence      string          `json:"sentence"`
	Data          json.RawMessage `json:"data"`
}

type actorBody struct {
	Kind domain.ActorKind `json:"kind"`
	ID   string           `json:"id"`
}

const (
	auditPage    = 50
	maxAuditPage = 200
)

func (s *Server) listEvents(c call) error {
	page, err := auditPageOf(c)
	if err != nil {
		return err
	}
	body := auditPageBody{Events: []auditEventBody{}}
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		entries, err := projections.TimelineOf(c.Request().Context(), q, c.session.Workspace, page)
		for _, e := range entries {
			body.Events = append(body.Events, newAuditEventBody(e))
		}
		if len(entries) == page.Limit {
			body.Next = &entries[len(entries)-1].Position
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, body)
}

func auditPageOf(c call) (page projections.TimelinePage, err error) {
	if page.After, err = numberParam(c, "after", 0, maxPosition); err != nil {
		return page, err
	}
	if page.Before, err = numberParam(c, "before", 1, maxPosition); err != nil {
		return page, err
	}
	limit, err := numberParam(c, "limit", 1, maxAuditPage)
	if err != nil {
		return page, err
	}
	page.Limit = auditPage
	if limit != nil {
		page.Limit = int(*limit)
	}
	page.Type, page.Stream = c.QueryParam("type"), c.QueryParam("stream")
	if err := within("type", page.Type, 0, 80); err != nil {
		return page, err
	}
	return page, within("stream", page.Stream, 0, 160)
}

func newAuditEventBody(e projections.TimelineEntry) auditEventBody {
	return auditEventBody{
		Position: e.Position, ID: e.EventID, Type: e.Type, At: e.OccurredAt.UTC(), Actor: actorBody{Kind: e.ActorKind, ID: e.ActorID},
		Stream: e.Stream, Version: e.Version, CorrelationID: orNull(e.CorrelationID), CausationID: orNull(e.CausationID),
		Sentence: e.Sentence, Data: e.Data,
	}
}
