package commands

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchboard.example/domain"
)

// formOfConnections is the schema of a connection's snapshots and a sum of what its fold makes of every kind of event.
const formOfConnections = "2 f01accb688d136c5"

func TestTheSchemaOfSnapshotsIsRaisedWithTheFold(t *testing.T) {
	files, err := filepath.Glob("../domain/testdata/events/connection.*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples of events: %v", err)
	}
	sum := sha256.New()
	var c domain.Connection
	for i := range len(files) * len(files) { // each behind every other
		file := files[(i+i/len(files)*(i%len(files)))%len(files)]
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e, err := domain.DecodeEvent(strings.TrimSuffix(filepath.Base(file), ".json"), 1, stored)
		if err != nil {
			t.Fatal(err)
		}
		c = c.Evolve(e.(domain.ConnectionEvent))
		state, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(state)
	}
	if form := fmt.Sprintf("%d %x", connectionSchema, sum.Sum(nil)[:8]); form != formOfConnections {
		t.Errorf("connections are folded to something else: raise connectionSchema, and let formOfConnections be %q", form)
	}
}

// longLog is a log of one connection that counts how many events were read of it, and keeps snapshots.
type longLog struct {
	EventStore
	events []domain.Recorded
	read   int
	kept   map[domain.StreamID]Snapshot
	schema int
	away   error
}

func newLongLog(length int) *longLog {
	w := domain.WorkspaceID(uuid.NewString())
	l := &longLog{kept: map[domain.StreamID]Snapshot{}}
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	for i := range length {
		var e domain.ConnectionEvent = domain.ConnectionConnected{WorkspaceID: w, Attempt: i, ConnectedAt: at.Add(time.Duration(i) * time.Second)}
		if i%2 == 0 {
			e = domain.ConnectionReconnecting{WorkspaceID: w, Attempt: i, Reason: domain.ReasonNetwork, NextAt: at.Add(time.Duration(i) * time.Second)}
		}
		l.events = append(l.events, domain.Recorded{Stream: domain.ConnectionStream(w), Version: int64(i + 1), Event: e})
	}
	return l
}

func (l *longLog) workspace() domain.WorkspaceID { return l.events[0].Stream.Workspace }

func (l *longLog) Load(ctx context.Context, stream domain.StreamID, after int64) ([]domain.Recorded, error) {
	return l.LoadSeveral(ctx, From{stream, after})
}

func (l *longLog) LoadSeveral(_ context.Context, from ...From) ([]domain.Recorded, error) {
	since := l.events[from[0].After:]
	l.read += len(since)
	return since, nil
}

func (l *longLog) Snapshots(_ context.Context, schema int, of ...domain.StreamID) ([]Snapshot, error) {
	if s, ok := l.kept[of[0]]; ok && schema == l.schema {
		return []Snapshot{s}, l.away
	}
	return nil, l.away
}

func (l *longLog) KeepSnapshots(_ context.Context, schema int, all ...Snapshot) error {
	for _, s := range all {
		l.kept[s.Stream], l.schema = s, schema
	}
	return nil
}

// start is what a program that has just started makes of the log, and how much it reads for that.
func (l *longLog) start(t *testing.T) (c domain.Connection, read int) {
	t.Helper()
	l.read = 0
	h := &Handler{Store: l, Snapshots: l}
	all, err := h.Connections(t.Context(), l.workspace())
	if err != nil {
		t.Fatal(err)
	}
	return all[l.workspace()], l.read
}

func TestAStartReadsWhatCameSinceTheSnapshot(t *testing.T) {
	l := newLongLog(3*snapshotEvery + 7)
	first, read := l.start(t)
	if read != len(l.events) {
		t.Errorf("without a snapshot %d events were read", read)
	}
	l.events = append(l.events, newLongLog(len(l.events) + 2).events[len(l.events):]...)
	for i := range l.events {
		l.events[i].Stream = l.events[0].Stream
	}
	second, read := l.start(t)
	if read != 2 {
		t.Errorf("%d events were read, of which 2 are new", read)
	}
	want, _ := Fold[domain.Connection, domain.ConnectionEvent](l.events)
	if diff := cmp.Diff(want, second); diff != "" || cmp.Equal(first, second) {
		t.Errorf("the connection is another (-folded +kept):\n%s", diff)
	}
}

func TestAShortStreamHasNoSnapshot(t *testing.T) {
	l := newLongLog(snapshotEvery - 1)
	if l.start(t); len(l.kept) > 0 {
		t.Error("one was kept")
	}
}

func TestALineThatGoesOnIsKeptAgain(t *testing.T) {
	l := newLongLog(3 * snapshotEvery)
	all := l.events
	h := &Handler{Store: l, Snapshots: l}
	for _, step := range []struct {
		events int
		kept   int64
	}{{snapshotEvery, snapshotEvery}, {2*snapshotEvery - 1, snapshotEvery}, {2 * snapshotEvery, 2 * snapshotEvery}} {
		l.events = all[:step.events]
		if _, _, err := load[domain.Connection, domain.ConnectionEvent](t.Context(), h, l.events[0].Stream); err != nil {
			t.Fatal(err)
		}
		if s := l.kept[l.events[0].Stream]; s.Version != step.kept {
			t.Errorf("after %d events version %d is kept", step.events, s.Version)
		}
	}
}

func TestASnapshotOfAnotherProgramIsPassedOver(t *testing.T) {
	l := newLongLog(2 * snapshotEvery)
	want, _ := l.start(t)
	l.schema--
	if got, read := l.start(t); !cmp.Equal(want, got) || read != len(l.events) {
		t.Errorf("%d events were read; it is %+v", read, got)
	}
	spoilt := l.kept[l.events[0].Stream]
	spoilt.State = []byte(`{"Status": 7}`)
	l.kept[l.events[0].Stream], l.schema = spoilt, connectionSchema
	if got, read := l.start(t); !cmp.Equal(want, got) || read != len(l.events) {
		t.Errorf("of a spoilt one: %d events were read; it is %+v", read, got)
	}
}

func TestNothingIsDecidedWhileSnapshotsCannotBeRead(t *testing.T) {
	l := newLongLog(1)
	l.away = errors.New("away")
	if _, err := (&Handler{Store: l, Snapshots: l}).Connections(t.Context(), l.workspace()); !errors.Is(err, l.away) {
		t.Errorf("it says %v", err)
	}
}
