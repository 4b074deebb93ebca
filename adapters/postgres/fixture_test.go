package postgres_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

var (
	testKEK  = []byte("0123456789abcdef0123456789abcdef")
	testHMAC = []byte("fedcba9876543210fedcba9876543210")
	testTime = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
)

// world is one test's database with everything opened on it.
type world struct {
	pgtest.Database
	worker *sqlx.DB
	keys   *postgres.Keys
	store  *postgres.EventStore
}

func newWorld(tb testing.TB) world {
	tb.Helper()
	return openWorld(tb, pgtest.New(tb))
}

func openWorld(tb testing.TB, db pgtest.Database) world {
	tb.Helper()
	w := world{Database: db, worker: openAs(tb, db.DSN, "sb_worker")}
	w.keys = newKeys(tb, w.worker)
	w.store = newStore(tb, w.worker, w.keys, db.DSN)
	return w
}

func openAs(tb testing.TB, dsn, role string) *sqlx.DB {
	tb.Helper()
	db, err := postgres.Open(tb.Context(), dsn, postgres.PoolConfig{Role: role, MaxConns: 6})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func newKeys(tb testing.TB, db *sqlx.DB) *postgres.Keys {
	tb.Helper()
	keys, err := postgres.NewKeys(postgres.KeysConfig{DB: db, KEK: testKEK})
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func newStore(tb testing.TB, db *sqlx.DB, keys *postgres.Keys, dsn string) *postgres.EventStore {
	tb.Helper()
	store, err := postgres.NewEventStore(tb.Context(), postgres.EventStoreConfig{
		DB: db, Keys: keys, DSN: dsn, RetryFor: 30 * time.Second, Log: quiet(),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	return store
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newID[ID ~string]() ID { return ID(uuid.NewString()) }

func renamed(w domain.WorkspaceID, name string) domain.NewEvent {
	return domain.NewEvent{ID: newID[domain.EventID](), OccurredAt: testTime, Event: domain.WorkspaceRenamed{WorkspaceID: w, Name: name}}
}

func received(w domain.WorkspaceID, c domain.CustomerID, text string) domain.NewEvent {
	return domain.NewEvent{ID: newID[domain.EventID](), OccurredAt: testTime, Event: domain.MessageReceived{
		About: domain.About{WorkspaceID: w, CustomerID: c}, MessageID: "3EB0", Kind: "text", SentAt: testTime, ReceivedAt: testTime,
		Text: text, ReplyTo: "2348030000001@s.whatsapp.net",
	}}
}

func request(stream domain.StreamID, expected int64, events ...domain.NewEvent) commands.AppendRequest {
	return commands.AppendRequest{
		Workspace: stream.Workspace,
		Meta:      domain.Meta{Actor: domain.Actor{Kind: domain.ActorSystem}},
		Parts:     []commands.Part{{Stream: stream, Expected: expected, Events: events}},
	}
}

func mustAppend(tb testing.TB, store commands.EventStore, r commands.AppendRequest) int64 {
	tb.Helper()
	position, err := store.Append(tb.Context(), r)
	if err != nil {
		tb.Fatal(err)
	}
	return position
}

// inTx runs fn in a transaction that is committed when it returns true.
func inTx(tb testing.TB, db *sqlx.DB, fn func(ctx context.Context, tx *sqlx.Tx) bool) {
	tb.Helper()
	tx, err := db.BeginTxx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	if fn(tb.Context(), tx) {
		err = tx.Commit()
	} else {
		err = tx.Rollback()
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// receives waits for a signal.
func receives(tb testing.TB, c <-chan struct{}) {
	tb.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		tb.Fatal("no signal within 10 s")
	}
}
