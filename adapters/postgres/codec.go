package postgres

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// encoded is an event as the log stores it.
type encoded struct {
	id            domain.EventID
	eventType     string
	schemaVersion int
	occurredAt    time.Time
	data          []byte
	sealed        []byte
	keyID         string
}

// Undecodable stands in for an event that this program cannot read: a type it does not know, or a body that does not fit.
// Pages carry it, so that one such event stops its own stream and not every reader.
type Undecodable struct {
	Type string
	Err  error
}

// EventType is the stored name.
func (u Undecodable) EventType() string { return u.Type }

// encodeRequest writes and seals a request's events.
func (s *EventStore) encodeRequest(ctx context.Context, r commands.AppendRequest) (request, error) {
	out := request{source: r, parts: make([][]encoded, len(r.Parts))}
	for i, part := range r.Parts {
		if part.Stream.Workspace != r.Workspace {
			return request{}, fmt.Errorf("append to %s: the stream belongs to another workspace", part.Stream)
		}
		out.parts[i] = make([]encoded, len(part.Events))
		for j, e := range part.Events {
			encoded, err := s.encode(ctx, r.Workspace, e)
			if err != nil {
				return request{}, fmt.Errorf("append to %s: %w", part.Stream, err)
			}
			out.parts[i][j] = encoded
			out.bytes += 200 + len(encoded.data) + 2*len(encoded.sealed)
		}
		out.events += len(part.Events)
	}
	if out.events == 0 {
		return request{}, errors.New("append: the request has no events")
	}
	return out, nil
}

func (s *EventStore) encode(ctx context.Context, w domain.WorkspaceID, e domain.NewEvent) (encoded, error) {
	out := encoded{
		id: e.ID, eventType: e.Event.EventType(), schemaVersion: domain.SchemaVersionOf(e.Event), occurredAt: e.OccurredAt,
	}
	body, err := json.Marshal(e.Event)
	if err != nil {
		return encoded{}, fmt.Errorf("write %s: %w", out.eventType, err)
	}
	data, personal, err := splitPersonal(out.eventType, body)
	if err != nil {
		return encoded{}, fmt.Errorf("write %s: %w", out.eventType, err)
	}
	out.data = data
	if personal == nil {
		return out, nil
	}
	about, ok := e.Event.(domain.AboutCustomer)
	if !ok {
		return encoded{}, fmt.Errorf("write %s: it has personal fields and names no customer", out.eventType)
	}
	key, err := s.keys.forSealing(ctx, w, about.Customer())
	if err != nil {
		return encoded{}, fmt.Errorf("seal %s: %w", out.eventType, err)
	}
	out.keyID, out.sealed = key.id, seal(key.aead, personal, []byte(e.ID))
	return out, nil
}

// splitPersonal takes the personal fields out of a body. personal is nil when there are none, or all are empty.
func splitPersonal(eventType string, body []byte) (data, personal []byte, err error) {
	names := domain.PersonalFields(eventType)
	if len(names) == 0 {
		return body, nil, nil
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, nil, err
	}
	secret := map[string]json.RawMessage{}
	for _, name := range names {
		if value, ok := fields[name]; ok && !emptyJSON(value) {
			secret[name] = value
		}
		delete(fields, name)
	}
	if data, err = json.Marshal(fields); err != nil || len(secret) == 0 {
		return data, nil, err
	}
	personal, err = json.Marshal(secret)
	return data, personal, err
}

func emptyJSON(value []byte) bool {
	switch string(value) {
	case `""`, `null`, `[]`, `{}`:
		return true
	}
	return false
}

// joinPersonal is the opposite of splitPersonal.
func joinPersonal(data, personal []byte) []byte {
	data, personal = bytes.TrimSpace(data), bytes.TrimSpace(personal)
	if len(data) <= len("{}") {
		return personal
	}
	joined := make([]byte, 0, len(data)+len(personal))
	joined = append(joined, data[:len(data)-1]...)
	joined = append(joined, ',')
	return append(joined, personal[1:]...)
}

// decode turns rows into events. Bodies that cannot be read become Undecodable; an error means the keys cannot be had.
func (s *EventStore) decode(ctx context.Context, rows []row) ([]domain.Recorded, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	keys, err := s.keys.forOpening(ctx, rows)
	if err != nil {
		return nil, err
	}
	events := make([]domain.Recorded, len(rows))
	for i := range rows {
		events[i] = rows[i].recorded(keys[rows[i].keyID.String])
	}
	return events, nil
}

func (r *row) recorded(key cipher.AEAD) domain.Recorded {
	out := r.Recorded
	out.OccurredAt, out.RecordedAt = out.OccurredAt.UTC(), out.RecordedAt.UTC()
	out.CausationID = domain.EventID(r.causation.String)
	body := r.data
	if r.sealed != nil {
		if key == nil {
			out.Forgotten = true
		} else {
			personal, err := open(key, r.sealed, []byte(out.ID))
			if err != nil {
				out.Event = Undecodable{Type: out.Type, Err: fmt.Errorf("open the personal part: %w", err)}
				return out
			}
			body = joinPersonal(body, personal)
		}
	}
	event, err := domain.DecodeEvent(out.Type, out.SchemaVersion, body)
	if err != nil {
		event = Undecodable{Type: out.Type, Err: err}
	}
	out.Event = event
	return out
}
