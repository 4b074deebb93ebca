package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

// template is a database that test databases are copies of.
type template struct {
	name  string                                      // changes with what setUp does
	setUp func(ctx context.Context, db *sql.DB) error // fills it, once per server
}

// templateLock is the advisory lock under which templates are made; any number that nothing else uses.
const templateLock = 7_241_905_338

// ensure makes the template unless the server has it, whichever test process comes first.
func (s *server) ensure(ctx context.Context, tpl template) (err error) {
	conn, err := s.admin.Conn(ctx)
	if err != nil {
		return fmt.Errorf("reach the test server: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(templateLock)); err != nil {
		return err
	}
	defer func() {
		_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(templateLock))
		err = errors.Join(err, unlockErr)
	}()
	var known bool
	err = conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, tpl.name).Scan(&known)
	if err != nil || known {
		return err
	}
	return s.build(ctx, conn, tpl)
}

// build fills a database under a working name and renames it when it is whole.
func (s *server) build(ctx context.Context, conn *sql.Conn, tpl template) error {
	working := tpl.name + "_new"
	for _, statement := range []string{
		`DROP DATABASE IF EXISTS ` + pq.QuoteIdentifier(working) + ` WITH (FORCE)`,
		`CREATE DATABASE ` + pq.QuoteIdentifier(working) + ` TEMPLATE template0`,
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make the template database: %w", err)
		}
	}
	if err := s.fill(ctx, working, tpl.setUp); err != nil {
		return fmt.Errorf("set up the template database: %w", err)
	}
	rename := `ALTER DATABASE ` + pq.QuoteIdentifier(working) + ` RENAME TO ` + pq.QuoteIdentifier(tpl.name) //nolint:gosec // quoted
	if _, err := conn.ExecContext(ctx, rename); err != nil {
		return fmt.Errorf("publish the template database: %w", err)
	}
	return nil
}

func (s *server) fill(ctx context.Context, database string, setUp func(context.Context, *sql.DB) error) (err error) {
	db, err := sql.Open("postgres", s.dsn(database))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return setUp(ctx, db)
}
