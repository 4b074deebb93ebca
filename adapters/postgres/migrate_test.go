package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/domain"
	"switchboard.example/migrations"
)

// firstRelease is the schema as an earlier program left it, which runs on while a newer one migrates.
const firstRelease = 41

// F-21: the schema is brought up to date while the program before it appends, under its leases.
func TestMigrationsRunUnderTraffic(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // the roles exist on this server from here on
	db := pgtest.Empty(t)
	old, err := goose.NewProvider(goose.DialectPostgres, db.DB.DB, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.UpTo(t.Context(), firstRelease); err != nil {
		t.Fatal(err)
	}
	w := openWorld(t, db)

	const writers, each = 4, 50
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	half, migrated := make(chan struct{}, writers), make(chan struct{})
	for n := range writers {
		all.Go(func() {
			workspace := newID[domain.WorkspaceID]()
			// the lease as that program takes it
			db.DB.MustExec(`INSERT INTO workspace_leases (workspace_id, epoch) VALUES ($1, 1)`, string(workspace))
			for i := range 2 * each {
				if i == each {
					half <- struct{}{}
				}
				// the first half is written before the migration begins, the second beside it, and the last after it
				if i == 2*each-1 {
					<-migrated
				}
				r := request(domain.ConnectionStream(workspace), int64(i), renamed(workspace, fmt.Sprint(n, i)))
				r.Epoch = 1
				began := time.Now()
				if _, err := w.store.Append(context.WithoutCancel(t.Context()), r); err != nil {
					t.Errorf("append %d: %v", i, err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for range writers {
		<-half
	}
	if err := migrations.Up(t.Context(), db.DB.DB); err != nil {
		t.Error(err)
	}
	close(migrated)
	all.Wait()

	events, err := w.store.Page(t.Context(), 0, 10_000)
	if err != nil || len(events) != writers*2*each {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, e := range events {
		if e.Position != int64(i+1) {
			t.Fatalf("event %d is at position %d", i, e.Position)
		}
	}
	slices.Sort(took)
	t.Logf("appends took %v at the ninety-ninth percentile, %v at most", took[len(took)*99/100], took[len(took)-1])
	// A newer program goes on where the older one was.
	lease := postgres.NewLeases(postgres.LeasesConfig{DB: w.worker, Log: quiet()})
	if err := lease.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLease(t, lease, events[0].Workspace(), 2)
}
