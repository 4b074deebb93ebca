package commands

import (
	"context"
	"errors"

	"switchboard.example/domain"
)

// What a part of a request expects of its stream: an exact version (0 is "does not exist yet"), or AnyVersion.
const (
	NoStream   int64 = 0
	AnyVersion int64 = -2
)

// Errors of an EventStore. Compare with errors.Is.
var (
	// ErrConflict says a stream was not at the expected version: load, decide and append again.
	ErrConflict = errors.New("stream is not at the expected version")
	// ErrFenced says the workspace is owned by another process now: stop working for it.
	ErrFenced = errors.New("workspace is owned by another process")
	// ErrMixed says some of the request's event ids are stored and others are not: two different requests share ids.
	ErrMixed = errors.New("request mixes stored and new event ids")
	// ErrForgotten says the request has something personal about a customer who was forgotten. A person who writes again
	// is a new customer: resolve the address again.
	ErrForgotten = errors.New("customer was forgotten")
)

// Part is what a request appends to one stream.
type Part struct {
	Stream   domain.StreamID
	Expected int64 // AnyVersion, or the version the decision was made on
	Events   []domain.NewEvent
}

// AppendRequest is judged as a whole: all of its events are appended, or none. It may span streams of one workspace.
type AppendRequest struct {
	Workspace domain.WorkspaceID
	Epoch     int64 // the lease epoch under which it was decided; 0 when not made by a session's owner
	Meta      domain.Meta
	Parts     []Part
	Patient   bool // nobody waits for it: it may wait a moment to be appended together with others
}

// From is where to read on in a stream: behind version After.
type From struct {
	Stream domain.StreamID
	After  int64
}

// EventStore is what commands need from the log.
type EventStore interface {
	// Load returns the events of a stream with a version greater than after, in order.
	Load(ctx context.Context, stream domain.StreamID, after int64) ([]domain.Recorded, error)
	// LoadSeveral is Load for several streams, as they stand at one moment; each stream's events are in order.
	LoadSeveral(ctx context.Context, from ...From) ([]domain.Recorded, error)
	// Append makes the request durable and returns the position of its last event. A request whose event ids are all
	// stored already changes nothing and returns the original position. It fails with ErrConflict, ErrFenced or ErrMixed.
	Append(ctx context.Context, r AppendRequest) (position int64, err error)
}
