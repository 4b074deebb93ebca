package domain

import "time"

// ConnectionCrashed records that the program ended while it was busy with something of this workspace's, in code that could
// not be stopped from taking everybody along. It is written when the program starts again.
type ConnectionCrashed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Place       string      `json:"place"` // the function that failed; never what it was working on
	CrashedAt   time.Time   `json:"crashed_at"`
}

// EventType is the stored name.
func (ConnectionCrashed) EventType() string { return "connection.crashed" }
func (ConnectionCrashed) connectionEvent()  {}

var _ = register[ConnectionCrashed]()

// CrashLabel names, in the goroutines that are busy with something of a workspace's, whose it is: the trace of a crash says so.
const CrashLabel = "workspace"

// A workspace that ends the program three times within CrashWindow is set aside, so that the others live. Once connected
// again by hand, one more crash within that time is enough.
const (
	CrashWindow  = time.Hour
	crashesCount = 2 // that are remembered; the next one is the last
)

// Crash decides what follows from a crash of the program that this workspace's connection led to.
func (c Connection) Crash(w WorkspaceID, place string, at time.Time) []Event {
	at = at.UTC()
	if c.Status == "" || at.Equal(c.LastCrashes[crashesCount-1]) { // nobody's connection, or known already
		return nil
	}
	events := []Event{ConnectionCrashed{WorkspaceID: w, Place: place, CrashedAt: at}}
	if first := c.LastCrashes[0]; c.Desired && !first.IsZero() && at.Sub(first) <= CrashWindow {
		events = append(events, ConnectionFailed{WorkspaceID: w, Reason: ReasonCrashed, Code: "crash", FailedAt: at})
	}
	return events
}

func (c Connection) evolveCrashed(e ConnectionCrashed) Connection {
	copy(c.LastCrashes[:], c.LastCrashes[1:])
	c.LastCrashes[crashesCount-1] = e.CrashedAt
	return c
}
