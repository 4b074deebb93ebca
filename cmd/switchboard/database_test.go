package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// A database that comes up a moment later than the program is waited for.
func TestStartingWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	door := newDoor(t, databaseOf(t))
	var tries atomic.Int64
	d := &database{dsn: door.dsn}
	t.Cleanup(d.closePools)
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	go func() { ended <- quietly().until(ctx, counted(d.open, &tries)) }()
	for tries.Load() < 2 {
		select {
		case err := <-ended:
			t.Fatalf("it ended before the database came: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	door.open.Store(true)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := d.worker.PingContext(ctx); err != nil {
		t.Error(err)
	}
}

// Each subsystem has connections of its own, and no more than it may have: one that takes them all starves no other, under roles
// that may do no more than they need.
func TestNoSubsystemStarvesAnother(t *testing.T) {
	t.Parallel()
	d := &database{dsn: databaseOf(t)}
	t.Cleanup(d.closePools)
	if err := d.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	pools := map[string]*sqlx.DB{"sb_worker": d.worker, "sb_api": d.api, "sb_admin": d.admin, "sb_wa": d.wa}
	for _, greedy := range []*sqlx.DB{d.api, d.admin} {
		for range greedy.Stats().MaxOpenConnections {
			c, err := greedy.Connx(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
		}
		full, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := greedy.PingContext(full); err == nil {
			t.Error("it takes as many as it likes")
		}
		cancel()
	}
	for role, db := range pools {
		if most := db.Stats().MaxOpenConnections; most < 1 || most > 40 {
			t.Errorf("%s may open %d connections", role, most)
		}
		if db == d.api || db == d.admin {
			continue
		}
		var is string
		if err := db.GetContext(t.Context(), &is, `SELECT current_user`); err != nil || is != role {
			t.Errorf("the pool of %s works as %q, %v", role, is, err)
		}
	}
}

// What waiting does not mend is said at once.
func TestStartingDoesNotWaitForWhatIsWrong(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(databaseOf(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/no_such_database"
	var tries atomic.Int64
	d := &database{dsn: u.String()}
	t.Cleanup(d.closePools)
	if err := quietly().until(t.Context(), counted(d.open, &tries)); err == nil || !strings.Contains(err.Error(), "no_such_database") {
		t.Errorf("it says %v", err)
	}
	if n := tries.Load(); n != 1 {
		t.Errorf("it tried %d times", n)
	}
}

func TestStartingCanBeGivenUp(t *testing.T) {
	t.Parallel()
	door := newDoor(t, databaseOf(t))
	ctx, cancel := context.WithCancel(t.Context())
	d := &database{dsn: door.dsn}
	t.Cleanup(d.closePools)
	if err := (waiting{log: slog.New(then{cancel})}).until(ctx, d.open); err == nil {
		t.Error("it opened what is shut")
	}
}

func quietly() waiting { return waiting{log: slog.New(slog.DiscardHandler)} }

// counted counts how often a step is tried.
func counted(step func(context.Context) error, tries *atomic.Int64) func(context.Context) error {
	return func(ctx context.Context) error {
		tries.Add(1)
		return step(ctx)
	}
}

// then does something at each log line.
type then struct{ do func() }

func (t then) Enabled(context.Context, slog.Level) bool  { return true }
func (t then) Handle(context.Context, slog.Record) error { t.do(); return nil }
func (t then) WithAttrs([]slog.Attr) slog.Handler        { return t }
func (t then) WithGroup(string) slog.Handler             { return t }

// door stands before a database. While it is shut, it slams on everybody who comes.
type door struct {
	dsn  string
	open atomic.Bool
}

func newDoor(t *testing.T, dsn string) *door {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	behind := u.Host
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	u.Host = listener.Addr().String()
	d := &door{dsn: u.String()}
	go func() {
		for {
			guest, err := listener.Accept()
			if err != nil {
				return
			}
			go d.answer(t.Context(), guest, behind)
		}
	}()
	return d
}

func (d *door) answer(ctx context.Context, guest net.Conn, behind string) {
	defer func() { _ = guest.Close() }()
	if !d.open.Load() {
		return
	}
	host, err := (&net.Dialer{}).DialContext(ctx, "tcp", behind)
	if err != nil {
		return
	}
	defer func() { _ = host.Close() }()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(host, guest); _ = host.Close() })
	both.Go(func() { _, _ = io.Copy(guest, host); _ = guest.Close() })
	both.Wait()
}
