package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Store is the log in memory. The zero value is an empty one, ready for use by many goroutines.
type Store struct {
	Now func() time.Time // Defaults to time.Now

	mu        sync.Mutex
	log       []stored                  // position p is at index p-1
	ids       map[domain.EventID]int64  // where an id is stored
	heads     map[domain.StreamID]int64 // versions
	epochs    map[domain.WorkspaceID]int64
	forgotten map[customer]bool
}

// stored is an event as written: bodies are kept as JSON, so that what cannot be stored shows in tests too.
type stored struct {
	domain.Recorded
	body  []byte
	about domain.CustomerID // whose personal fields are in body; empty when there are none
}

type customer struct {
	workspace domain.WorkspaceID
	id        domain.CustomerID
}

var _ commands.EventStore = (*Store)(nil)

// Append judges and stores the request; see commands.EventStore.
func (s *Store) Append(ctx context.Context, r commands.AppendRequest) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("append: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	written, err := s.write(r)
	if err != nil {
		return 0, err
	}
	if position, err := s.judge(r, written); err != nil || position > 0 {
		return position, err
	}
	s.store(written)
	return int64(len(s.log)), nil
}

// write turns the request into what would be stored, without positions and versions.
func (s *Store) write(r commands.AppendRequest) ([]stored, error) {
	var all []stored
	now := s.now()
	for _, part := range r.Parts {
		if part.Stream.Workspace != r.Workspace {
			return nil, fmt.Errorf("append to %s: the stream belongs to another workspace", part.Stream)
		}
		for _, e := range part.Events {
			one, err := s.writeEvent(r.Meta, part.Stream, e, now)
			if err != nil {
				return nil, fmt.Errorf("append to %s: %w", part.Stream, err)
			}
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("append: the request has no events")
	}
	return all, nil
}

func (s *Store) writeEvent(meta domain.Meta, stream domain.StreamID, e domain.NewEvent, now time.Time) (stored, error) {
	body, err := json.Marshal(e.Event)
	if err != nil {
		return stored{}, fmt.Errorf("write %s: %w", e.Event.EventType(), err)
	}
	one := stored{body: body, Recorded: domain.Recorded{
		ID: e.ID, Stream: stream, Type: e.Event.EventType(), SchemaVersion: domain.SchemaVersionOf(e.Event),
		OccurredAt: e.OccurredAt.UTC().Truncate(time.Microsecond), RecordedAt: now, Actor: meta.Actor,
		CausationID: meta.CausationID, CorrelationID: meta.CorrelationID,
	}}
	if e.OccurredAt.IsZero() {
		one.OccurredAt = now
	}
	if one.CorrelationID == "" {
		one.CorrelationID = meta.CausationID
	}
	if one.CorrelationID == "" {
		one.CorrelationID = e.ID
	}
	blank, err := withoutPersonal(one.Type, body)
	if about, ok := e.Event.(domain.AboutCustomer); ok && err == nil && len(blank) < len(body) {
		one.about = about.Customer()
		if s.forgotten[customer{stream.Workspace, one.about}] {
			return stored{}, commands.ErrForgotten
		}
	}
	return one, err
}

// judge returns the original position of a request that is stored already, 0 for one that is to be stored now.
func (s *Store) judge(r commands.AppendRequest, written []stored) (int64, error) {
	if r.Epoch != 0 && r.Epoch != s.epochs[r.Workspace] {
		return 0, refusal(r, commands.ErrFenced)
	}
	known, last := 0, int64(0)
	seen := map[domain.EventID]bool{}
	for _, e := range written {
		if position, ok := s.ids[e.ID]; ok {
			known, last = known+1, max(last, position)
		}
		seen[e.ID] = true
	}
	switch {
	case known == len(written):
		return last, nil
	case known > 0 || len(seen) < len(written):
		return 0, refusal(r, commands.ErrMixed)
	}
	return 0, s.checkVersions(r)
}

func (s *Store) checkVersions(r commands.AppendRequest) error {
	ahead := map[domain.StreamID]int64{}
	for _, part := range r.Parts {
		head := s.heads[part.Stream] + ahead[part.Stream]
		if part.Expected != commands.AnyVersion && part.Expected != head {
			return refusal(r, commands.ErrConflict)
		}
		ahead[part.Stream] += int64(len(part.Events))
	}
	return nil
}

func refusal(r commands.AppendRequest, err error) error {
	return fmt.Errorf("append to %s: %w", r.Parts[0].Stream, err)
}

func (s *Store) store(written []stored) {
	if s.ids == nil {
		s.ids, s.heads = map[domain.EventID]int64{}, map[domain.StreamID]int64{}
	}
	for _, e := range written {
		s.heads[e.Stream]++
		e.Position, e.Version = int64(len(s.log))+1, s.heads[e.Stream]
		s.ids[e.ID] = e.Position
		s.log = append(s.log, e)
	}
}

// Load returns the stream's events with a version greater than after, in order.
func (s *Store) Load(_ context.Context, stream domain.StreamID, after int64) ([]domain.Recorded, error) {
	return s.read(func(e stored) bool { return e.Stream == stream && e.Version > after }, -1)
}

// LoadSeveral is Load for several streams at one moment.
func (s *Store) LoadSeveral(_ context.Context, from ...commands.From) ([]domain.Recorded, error) {
	return s.read(func(e stored) bool {
		return slices.ContainsFunc(from, func(f commands.From) bool { return e.Stream == f.Stream && e.Version > f.After })
	}, -1)
}

// Page returns up to limit events of all streams after a position, in order.
func (s *Store) Page(_ context.Context, after int64, limit int) ([]domain.Recorded, error) {
	return s.read(func(e stored) bool { return e.Position > after }, limit)
}

func (s *Store) read(wanted func(stored) bool, limit int) ([]domain.Recorded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []domain.Recorded
	for _, e := range s.log {
		if len(found) == limit {
			break
		}
		if !wanted(e) {
			continue
		}
		recorded, err := s.decode(e)
		if err != nil {
			return nil, fmt.Errorf("read position %d: %w", e.Position, err)
		}
		found = append(found, recorded)
	}
	return found, nil
}

func (s *Store) decode(e stored) (domain.Recorded, error) {
	body, err := e.body, error(nil)
	if e.about != "" && s.forgotten[customer{e.Stream.Workspace, e.about}] {
		e.Forgotten = true
		if body, err = withoutPersonal(e.Type, body); err != nil {
			return domain.Recorded{}, err
		}
	}
	e.Event, err = domain.DecodeEvent(e.Type, e.SchemaVersion, body)
	return e.Recorded, err
}

// withoutPersonal returns the body without the personal fields that say something; the same body when there are none.
func withoutPersonal(eventType string, body []byte) ([]byte, error) {
	names := domain.PersonalFields(eventType)
	if len(names) == 0 {
		return body, nil
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	said := false
	for _, name := range names {
		switch string(fields[name]) {
		case "", `""`, "null", "[]", "{}":
		default:
			said = true
			delete(fields, name)
		}
	}
	if !said {
		return body, nil
	}
	return json.Marshal(fields)
}

// Head is the position of the last event.
func (s *Store) Head(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.log)), nil
}

// SetEpoch is a take-over of the workspace: requests under another epoch are fenced from now on.
func (s *Store) SetEpoch(w domain.WorkspaceID, epoch int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epochs == nil {
		s.epochs = map[domain.WorkspaceID]int64{}
	}
	s.epochs[w] = epoch
}

// Forget makes everything personal about a customer unreadable.
func (s *Store) Forget(w domain.WorkspaceID, id domain.CustomerID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forgotten == nil {
		s.forgotten = map[customer]bool{}
	}
	s.forgotten[customer{w, id}] = true
}

func (s *Store) now() time.Time {
	now := time.Now //nolint:forbidigo // the default of a Now field
	if s.Now != nil {
		now = s.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}
