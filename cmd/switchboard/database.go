package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/embedded"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/migrations"
)

// database is the server and one pool per role: a leak of one subsystem cannot starve the others, and each may do only
// what its role may.
type database struct {
	dsn string
	own ownServer

	vital  *sqlx.DB // what nothing may hold up: appends and heartbeats
	worker *sqlx.DB // what commands read and write beside the log
	feed   *sqlx.DB // read models and reactors
	api    *sqlx.DB // the dashboard, limited to one workspace at a time
	admin  *sqlx.DB // the platform's people: reads every workspace, writes nothing
	wa     *sqlx.DB // whatsmeow's tables
	login  *sqlx.DB // under no role: what the server itself tells
}

// openDatabase finds or starts the server, brings its schema up to date, and opens the pools. A tool may look at the
// database that another program of ours is running; a server may not.
func openDatabase(ctx context.Context, c config, tool bool, wait waiting) (*database, error) {
	d := &database{dsn: c.DatabaseURL}
	if d.dsn == "" && tool {
		d.dsn, _ = embedded.Attach(ctx, embedded.Config{DataDir: c.Data})
	}
	if d.dsn == "" {
		d.own.config = embedded.Config{DataDir: c.Data, Log: wait.log}
		if err := d.own.start(ctx); err != nil {
			return nil, err
		}
		d.dsn = d.own.running().DSN("")
	}
	if err := wait.until(ctx, d.open); err != nil {
		return nil, errors.Join(err, d.close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// open brings the schema up to date and opens the pools.
func (d *database) open(ctx context.Context) error {
	err := d.migrate(ctx)
	if err == nil {
		err = d.openPools(ctx)
	}
	if err != nil {
		d.closePools()
	}
	return err
}

func (d *database) migrate(ctx context.Context) error {
	owner, err := postgres.Open(ctx, d.dsn, postgres.PoolConfig{MaxConns: 4, StatementTimeout: -1, IdleInTxTimeout: -1})
	if err != nil {
		return err
	}
	defer func() { _ = owner.Close() }()
	return migrations.Up(ctx, owner.DB)
}

// openPools opens few connections. Each has to plan every statement for itself, which after a start costs more than the work
// there is; and two cores do no more at once.
func (d *database) openPools(parent context.Context) error {
	opening, ctx := errgroup.WithContext(parent)
	for _, p := range []struct {
		into **sqlx.DB
		role string
		size int
	}{
		{&d.vital, "sb_worker", 2},
		{&d.worker, "sb_worker", 8},
		{&d.feed, "sb_worker", 6},
		{&d.api, "sb_api", 8},
		{&d.admin, "sb_admin", 3},
		{&d.wa, "sb_wa", 8},
		{&d.login, "", 2},
	} {
		opening.Go(func() (err error) {
			*p.into, err = d.pool(ctx, p.role, p.size)
			return err
		})
	}
	if err := opening.Wait(); err != nil {
		return err
	}
	return whatsapp.Upgrade(parent, d.wa.DB)
}

func (d *database) pool(ctx context.Context, role string, size int) (*sqlx.DB, error) {
	cfg := postgres.PoolConfig{Role: role, MaxConns: size, PlanOnce: role == "sb_wa" || role == "sb_worker"}
	if role == "sb_wa" {
		cfg.SearchPath, cfg.StatementTimeout, cfg.IdleInTxTimeout = "wa, public", 5*time.Second, 10*time.Second
	}
	db, err := postgres.Open(ctx, d.dsn, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the %s pool: %w", role, err)
	}
	return db, nil
}

func (d *database) closePools() {
	for _, db := range []**sqlx.DB{&d.api, &d.admin, &d.vital, &d.worker, &d.feed, &d.wa, &d.login} {
		if *db != nil {
			_ = (*db).Close()
			*db = nil
		}
	}
}

func (d *database) close(ctx context.Context) error {
	d.closePools()
	return d.own.stop(ctx)
}

// keepServer starts the program's own PostgreSQL again when it ends unasked, on the port it had, so that the pools find it.
func (d *database) keepServer(ctx context.Context) error {
	for server := d.own.running(); server != nil; server = d.own.running() {
		select {
		case <-ctx.Done():
			return nil
		case <-server.Done():
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // we are stopping, and so is it
		}
		d.own.config.Log.ErrorContext(ctx, "postgres ended, starting it again", "error", server.Err())
		d.own.config.Port = server.Port()
		d.own.startAgain(ctx)
	}
	return nil
}

// ownServer is the program's own PostgreSQL; with DATABASE_URL it never starts.
type ownServer struct {
	config embedded.Config
	mu     sync.Mutex
	server *embedded.Server
}

func (o *ownServer) start(ctx context.Context) error {
	server, err := embedded.Start(ctx, o.config)
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.server = server
	}
	return err
}

// startAgain tries until the server runs or ctx ends: what it had is there, and a full disk has room some time.
func (o *ownServer) startAgain(ctx context.Context) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := o.start(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		o.config.Log.ErrorContext(ctx, "postgres does not start yet, will try again", "error", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (o *ownServer) running() *embedded.Server {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.server
}

func (o *ownServer) stop(ctx context.Context) error {
	if server := o.running(); server != nil {
		return server.Stop(ctx)
	}
	return nil
}

// migrate is the subcommand: bring the schema up to date and stop.
func migrate(ctx context.Context, p program) error {
	c, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	d, err := openDatabase(ctx, c, true, waiting{log: newLogger(p.err, c.LogLevel)})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(p.out, "The database's schema is up to date.")
	return d.close(context.WithoutCancel(ctx))
}
