package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"switchboard.example/domain"
)

// Snapshots keep what was folded from long streams, so that a start does not read years of each connection. They are a cache
// and no truth: where one is missing, or was made by another program, the stream is read from its beginning.
type Snapshots interface {
	// Snapshots returns what is kept of these streams under a schema; streams without are left out.
	Snapshots(ctx context.Context, schema int, of ...domain.StreamID) ([]Snapshot, error)
	// KeepSnapshots keeps these in the place of older ones.
	KeepSnapshots(ctx context.Context, schema int, all ...Snapshot) error
}

// Snapshot is the state of a stream at a version.
type Snapshot struct {
	Stream  domain.StreamID
	Version int64
	State   []byte // JSON
}

const (
	// connectionSchema is the schema of a connection's snapshots: raise it whenever domain.Connection's fields change, or what its
	// Evolve makes of an event. What older programs kept is then passed over.
	connectionSchema = 2

	// snapshotEvery is how many events are read rather than kept. A thousand take a millisecond.
	snapshotEvery = 200
)

// recall is where to fold on from: what was folded a moment ago, or else was kept.
func (h *Handler) recall(ctx context.Context, of ...domain.StreamID) ([]foldedAt, error) {
	known := make([]foldedAt, len(of))
	var unknown []domain.StreamID
	for i, stream := range of {
		known[i] = h.folds.get(stream)
		if known[i].version == 0 && stream.Kind == domain.ConnectionKind && h.Snapshots != nil {
			unknown = append(unknown, stream)
		}
	}
	if len(unknown) == 0 {
		return known, nil
	}
	kept, err := h.Snapshots.Snapshots(ctx, connectionSchema, unknown...)
	if err != nil {
		return nil, fmt.Errorf("look for snapshots: %w", err)
	}
	for _, s := range kept {
		var c domain.Connection
		if err := json.Unmarshal(s.State, &c); err == nil { // else the stream itself has it
			known[slices.Index(of, s.Stream)] = foldedAt{state: c, version: s.Version, kept: s.Version}
		}
	}
	return known, nil
}

// keep makes snapshots of those connections that went far since their last one. A failure is not told: it costs a later start time, and
// nothing else.
func (h *Handler) keep(ctx context.Context, of ...domain.StreamID) {
	if h.Snapshots == nil {
		return
	}
	var due []Snapshot
	for _, stream := range of {
		if stream.Kind != domain.ConnectionKind {
			continue
		}
		f := h.folds.get(stream)
		if f.version-f.kept < snapshotEvery {
			continue
		}
		state, err := json.Marshal(f.state)
		if err != nil {
			continue
		}
		due = append(due, Snapshot{stream, f.version, state})
		f.kept = f.version
		h.folds.put(stream, f)
	}
	if len(due) > 0 {
		_ = h.Snapshots.KeepSnapshots(ctx, connectionSchema, due...)
	}
}
