package feed_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// patience is how long a test waits for what must happen; a passing test never waits that long.
const patience = 20 * time.Second

// world is one database with a log in it.
type world struct {
	tb    testing.TB
	admin *sqlx.DB
	dsn   string
	store *postgres.EventStore
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return worldOn(tb, pgtest.New(tb))
}

func worldOn(tb testing.TB, db pgtest.Database) *world {
	tb.Helper()
	_, err := db.DB.Exec(`
		CREATE TABLE read_seen (
			arrival  bigint GENERATED ALWAYS AS IDENTITY,
			reader   text   NOT NULL,
			position bigint NOT NULL,
			stream   uuid   NOT NULL
		);
		GRANT SELECT, INSERT, UPDATE, DELETE ON read_seen TO sb_worker`)
	must(tb, err)
	return &world{tb: tb, admin: db.DB, dsn: db.DSN, store: newStore(tb, db.DSN)}
}

func newStore(tb testing.TB, dsn string) *postgres.EventStore {
	tb.Helper()
	pool := openPool(tb, dsn, "log")
	key := sha256.Sum256([]byte("a key for tests"))
	keys, err := postgres.NewKeys(postgres.KeysConfig{DB: pool, KEK: key[:]})
	must(tb, err)
	store, err := postgres.NewEventStore(context.Background(), postgres.EventStoreConfig{DB: pool, Keys: keys, DSN: dsn, Log: silent()})
	must(tb, err)
	tb.Cleanup(func() { _ = store.Close() })
	return store
}

func openPool(tb testing.TB, dsn, name string) *sqlx.DB {
	tb.Helper()
	pool, err := postgres.Open(context.Background(), dsn, postgres.PoolConfig{Role: "sb_worker", AppName: name, MaxConns: 6})
	must(tb, err)
	tb.Cleanup(func() { _ = pool.Close() })
	return pool
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// config is what a test's feed is made of, unless it says otherwise.
func (w *world) config() feed.Config {
	return feed.Config{
		Log: w.store, DB: openPool(w.tb, w.dsn, "feed"), DSN: w.dsn, Logger: silent(),
		Retries: []time.Duration{time.Millisecond, time.Millisecond},
	}
}

// feed makes a feed; register says what it runs.
func (w *world) feed(c feed.Config, register func(*feed.Feed)) *feed.Feed {
	w.tb.Helper()
	f, err := feed.New(c)
	must(w.tb, err)
	register(f)
	return f
}

// run runs a feed until the returned function is called or the test ends.
func (w *world) run(f *feed.Feed) (stop func()) {
	w.tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.tb.Errorf("the feed ended with %v", err)
		}
	})
	w.tb.Cleanup(stop)
	return stop
}

func newWorkspace() domain.WorkspaceID { return domain.WorkspaceID(uuid.NewString()) }

// append records n events in the workspace's connection stream and returns the last position.
func (w *world) append(ws domain.WorkspaceID, n int) int64 {
	w.tb.Helper()
	position, err := appendTo(context.Background(), w.store, ws, n)
	must(w.tb, err)
	return position
}

func appendTo(ctx context.Context, store *postgres.EventStore, ws domain.WorkspaceID, n int) (int64, error) {
	events := make([]domain.Event, n)
	for i := range events {
		events[i] = domain.ConnectionQRIssued{WorkspaceID: ws, Attempt: i + 1}
	}
	return record(ctx, store, ws, events...)
}

// appendEvents records these events in the workspace's connection stream.
func (w *world) appendEvents(ws domain.WorkspaceID, events ...domain.Event) {
	w.tb.Helper()
	_, err := record(context.Background(), w.store, ws, events...)
	must(w.tb, err)
}

func record(ctx context.Context, store *postgres.EventStore, ws domain.WorkspaceID, events ...domain.Event) (int64, error) {
	part := commands.Part{Stream: domain.ConnectionStream(ws), Expected: commands.AnyVersion}
	for _, e := range events {
		part.Events = append(part.Events, domain.NewEvent{
			ID: domain.EventID(uuid.NewString()), OccurredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Event: e,
		})
	}
	return store.Append(ctx, commands.AppendRequest{
		Workspace: ws, Meta: domain.Meta{Actor: domain.Actor{Kind: domain.ActorSystem}}, Parts: []commands.Part{part},
	})
}

// wait waits for a reader.
func (w *world) wait(f *feed.Feed, name string, position int64) {
	w.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(w.tb, f.Wait(ctx, name, position))
}

// seen returns the positions a reader wrote, in the order in which it did.
func (w *world) seen(reader string) []int64 {
	w.tb.Helper()
	positions := []int64{}
	must(w.tb, w.admin.Select(&positions, `SELECT position FROM read_seen WHERE reader = $1 ORDER BY arrival`, reader))
	return positions
}

// wantOnce fails unless a reader wrote every position up to head exactly once, in order.
func (w *world) wantOnce(reader string, head int64) {
	w.tb.Helper()
	want := []int64{}
	for p := range head {
		want = append(want, p+1)
	}
	if diff := cmp.Diff(want, w.seen(reader)); diff != "" {
		w.tb.Errorf("what %s wrote (-want +got):\n%s", reader, diff)
	}
}

// checkpoint is a reader's durable position.
func (w *world) checkpoint(reader string) int64 {
	w.tb.Helper()
	var position int64
	must(w.tb, w.admin.Get(&position, `SELECT position FROM projection_checkpoints WHERE name = $1`, reader))
	return position
}

// eventually polls until ok, and fails the test when that takes too long.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			tb.Fatalf("it never happened: %s", what)
		}
	}
}

// sight is how test readers write what they were given. Nothing keeps a second row away: applying twice shows.
func sight(ctx context.Context, w projections.Writer, reader string, r domain.Recorded) error {
	_, err := w.ExecContext(ctx, `INSERT INTO read_seen (reader, position, stream) VALUES ($1, $2, $3)`,
		reader, r.Position, r.Stream.UUID())
	return err
}

var errBad = errors.New("this event is bad")

// seeing is a projection that writes each event's position. spoil may fail an event after it was written.
func seeing(name string, spoil func(domain.Recorded, projections.Writer) error) projections.Projection {
	return projections.Projection{
		Name: name, Version: 1, Tables: []string{"read_seen"},
		Apply: func(ctx context.Context, page []domain.Recorded, w projections.Writer) error {
			for _, r := range page {
				if err := sight(ctx, w, name, r); err != nil {
					return err
				}
				if spoil == nil {
					continue
				}
				if err := spoil(r, w); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
