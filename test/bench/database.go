package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/embedded"
	"switchboard.example/migrations"
	"switchboard.example/test/rig"
)

// database is a durable server of this program's own, with the log and the yardsticks' tables in it.
type database struct {
	folder string
	remove func() error
	server *embedded.Server
	admin  *sqlx.DB // as the server's owner
	worker *sqlx.DB // as the product appends
	store  *postgres.EventStore
}

func openDatabase(ctx context.Context) (*database, error) {
	folder, remove, err := rig.Folder()
	if err != nil {
		return nil, err
	}
	db := &database{folder: folder, remove: remove}
	if err := db.start(ctx); err != nil {
		return nil, errors.Join(err, db.close(context.WithoutCancel(ctx)))
	}
	return db, nil
}

func (db *database) start(ctx context.Context) (err error) {
	quiet := slog.New(slog.DiscardHandler)
	if db.server, err = embedded.Start(ctx, embedded.Config{DataDir: db.folder, SystemDir: db.folder, Log: quiet}); err != nil {
		return err
	}
	dsn := db.server.DSN("")
	if db.admin, err = postgres.Open(ctx, dsn, postgres.PoolConfig{StatementTimeout: -1}); err != nil {
		return err
	}
	if err := migrations.Up(ctx, db.admin.DB); err != nil {
		return err
	}
	if err := db.makeYardsticks(ctx); err != nil {
		return err
	}
	if db.worker, err = postgres.Open(ctx, dsn, postgres.PoolConfig{Role: "sb_worker"}); err != nil {
		return err
	}
	keys, err := postgres.NewKeys(postgres.KeysConfig{DB: db.worker, KEK: make([]byte, 32)})
	if err != nil {
		return err
	}
	db.store, err = postgres.NewEventStore(ctx, postgres.EventStoreConfig{DB: db.worker, Keys: keys, DSN: dsn, Log: quiet})
	return err
}

// makeYardsticks makes tables like the log's, without what makes it a log.
func (db *database) makeYardsticks(ctx context.Context) error {
	_, err := db.admin.ExecContext(ctx, `
		CREATE TABLE yard_insert (LIKE events INCLUDING ALL);
		CREATE SEQUENCE yard_position;
		CREATE TABLE yard_copy (LIKE events INCLUDING ALL)`)
	if err != nil {
		return fmt.Errorf("make the yardsticks' tables: %w", err)
	}
	return nil
}

func (db *database) close(ctx context.Context) error {
	var errs []error
	if db.store != nil {
		errs = append(errs, db.store.Close())
	}
	for _, pool := range []*sqlx.DB{db.worker, db.admin} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.server != nil {
		errs = append(errs, db.server.Stop(ctx))
	}
	return errors.Join(append(errs, db.remove())...)
}
