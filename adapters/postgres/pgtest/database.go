package pgtest

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jmoiron/sqlx"
)

// Database is one test's own; it is dropped when the test ends.
type Database struct {
	Name string
	// DSN is its address for lib/pq, with the login that owns it.
	DSN string
	// DB is a small pool of connections to it.
	DB *sqlx.DB
}

// poolSize keeps many parallel tests within one server's connections.
const poolSize = 10

// Empty makes a database without tables.
func Empty(tb testing.TB) Database {
	tb.Helper()
	nothing := func(context.Context, *sql.DB) error { return nil }
	return fromTemplate(tb, template{name: "template_empty", setUp: nothing})
}

func fromTemplate(tb testing.TB, tpl template) Database {
	tb.Helper()
	server, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	name, err := server.copyOf(tb.Context(), tpl)
	if err != nil {
		tb.Fatal(err)
	}
	cleanUp := context.WithoutCancel(tb.Context())
	tb.Cleanup(func() {
		if err := server.drop(cleanUp, name); err != nil {
			tb.Error(err)
		}
	})
	return open(tb, name, server.dsn(name))
}

// open connects to a database until the test ends.
func open(tb testing.TB, name, dsn string) Database {
	tb.Helper()
	db, err := sqlx.Open("postgres", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	tb.Cleanup(func() { _ = db.Close() })
	return Database{Name: name, DSN: dsn, DB: db}
}
