package postgres_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
)

// A server that is reachable and never answers must not hold an append for ever.
func TestASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	dsn, goSilent := through(t, pgtest.New(t).DSN)
	db, err := postgres.Open(t.Context(), dsn, postgres.PoolConfig{StatementTimeout: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = postgres.Open(t.Context(), dsn, postgres.PoolConfig{StatementTimeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	goSilent()
	if _, err := db.Exec(`SELECT 1`); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// through relays a database's connections until told to swallow what the server says.
func through(t *testing.T, dsn string) (relayed string, goSilent func()) {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var silent atomic.Bool
	target := address.Host
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
			go func() { _, _ = io.Copy(mutable{client, &silent}, server); _ = client.Close() }()
		}
	}()
	address.Host = listener.Addr().String()
	return address.String(), func() { silent.Store(true) }
}

type mutable struct {
	io.Writer
	silent *atomic.Bool
}

func (m mutable) Write(b []byte) (int, error) {
	if m.silent.Load() {
		return len(b), nil
	}
	return m.Writer.Write(b)
}
