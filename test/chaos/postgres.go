package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres/embedded"
	"switchboard.example/test/rig"
)

// database is the server with the log: the product's own, which the product starts again by itself, or one of this
// program's, which this program starts again.
type database struct {
	data    string // the product's data folder
	apart   bool
	history *history

	mu     sync.Mutex
	server *embedded.Server // when apart
}

func (d *database) config(port int) embedded.Config {
	return embedded.Config{DataDir: d.data, Port: port, Log: slog.New(slog.DiscardHandler)}
}

// open starts a server of this program's, if that is wanted.
func (d *database) open(ctx context.Context) (err error) {
	if d.apart {
		d.server, err = embedded.Start(ctx, d.config(0))
	}
	return err
}

func (d *database) close(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		return nil
	}
	return d.server.Stop(ctx)
}

var errNoDatabase = errors.New("the database is not running")

// address is where the database is now.
func (d *database) address(ctx context.Context) (string, error) {
	if d.apart {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.server.DSN(""), nil
	}
	dsn, running := embedded.Attach(ctx, d.config(0))
	if !running {
		return "", errNoDatabase
	}
	return dsn, nil
}

// The ways to strike, by the strike's draw.
const (
	databaseKilled = iota
	databaseEnded
	databaseOneProcess
	databaseStrikes // how many there are
)

// strike kills the whole server, ends it without a checkpoint, or kills one of its processes, which makes it recover.
func (d *database) strike(ctx context.Context, s strike) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	pid, err := d.pid()
	if err != nil {
		d.history.add("postgres was away already", err)
		return nil
	}
	switch s.Draw % databaseStrikes {
	case databaseKilled:
		d.history.add("postgres killed", pid)
		err = syscall.Kill(pid, syscall.SIGKILL)
	case databaseEnded:
		d.history.add("postgres ended at once", pid)
		err = syscall.Kill(pid, syscall.SIGQUIT)
	case databaseOneProcess:
		if backends := children(pid); len(backends) > 0 {
			victim := backends[s.Draw/databaseStrikes%uint64(len(backends))]
			d.history.add("one process of postgres killed", victim)
			err = syscall.Kill(victim, syscall.SIGKILL)
		}
		return ignoreGone(err)
	}
	if !d.apart || ignoreGone(err) != nil {
		return ignoreGone(err)
	}
	return d.again(ctx, s)
}

// stall stops every process of the database and lets them go on.
func (d *database) stall(ctx context.Context, length time.Duration) error {
	pid, err := d.pid()
	if err != nil {
		return err
	}
	all := append(children(pid), pid)
	signal := func(s syscall.Signal) {
		for _, one := range all {
			_ = syscall.Kill(one, s) // one that has ended meanwhile needs no signal
		}
	}
	d.history.add("postgres stops answering", pid)
	signal(syscall.SIGSTOP)
	defer signal(syscall.SIGCONT)
	return pause(ctx, length)
}

// forget takes a setting out of the file that ALTER SYSTEM writes.
func (d *database) forget(setting string) error {
	path := filepath.Join(d.data, "postgres", "data", "postgresql.auto.conf")
	text, err := os.ReadFile(path) //nolint:gosec // our own server
	if err != nil {
		return err
	}
	var kept strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, setting) {
			kept.WriteString(line)
		}
	}
	return os.WriteFile(path, []byte(kept.String()), 0o600) //nolint:gosec // our own server; it keeps its owner
}

// lock holds the log against everybody.
func (s *site) lock(ctx context.Context, length time.Duration) error {
	return s.read(ctx, func(db *sqlx.DB) error {
		tx, err := db.BeginTxx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(ctx, `LOCK TABLE events IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		return pause(ctx, length)
	})
}

// readOnly lets the database refuse every write, and then measures how long the server takes to be ready again.
func (s *site) readOnly(ctx context.Context, length time.Duration) error {
	set := func(value string) error {
		return s.read(ctx, func(db *sqlx.DB) error {
			if _, err := db.ExecContext(ctx, `ALTER SYSTEM SET default_transaction_read_only = `+value); err != nil {
				return err
			}
			_, err := db.ExecContext(ctx, `SELECT pg_reload_conf()`)
			return err
		})
	}
	if err := set("on"); err != nil {
		return err
	}
	err := pause(ctx, length)
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), startWithin)
	defer cancel()
	if again := rig.Eventually(back, "let the database be written", func(context.Context) error {
		// A server that cannot write ends, and its database with it: what was set has to go from the file as well.
		return errors.Join(s.database.forget("default_transaction_read_only"), set("off"))
	}); again != nil {
		return again
	}
	since := time.Now()
	if err != nil || rig.Eventually(back, "wait for the server", s.place.Product().Ready) != nil {
		return err
	}
	s.back.addResumed(time.Since(since))
	return nil
}

// again starts this program's server again, where it was.
func (d *database) again(ctx context.Context, s strike) (err error) {
	port := d.server.Port()
	<-d.server.Done()
	if err := pause(ctx, s.Pause); err != nil {
		return err
	}
	if d.server, err = embedded.Start(ctx, d.config(port)); err != nil {
		return fmt.Errorf("start postgres again: %w", err)
	}
	d.history.add("postgres is there", nil)
	return nil
}

// running is the number of the server that runs now; 0 is none.
func (d *database) running() int {
	pid, err := d.pid()
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// pid is the process to which the server's other processes belong, as its own file says.
func (d *database) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(d.data, "postgres", "data", "postmaster.pid")) //nolint:gosec // our own server
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0, errNoDatabase
	}
	// The file outlives a killed server, and the number may be somebody else's by now.
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && strings.TrimSpace(string(name)) != "postgres" {
		return 0, errNoDatabase
	}
	return pid, nil
}

func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var all []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) //nolint:gosec // a path of the kernel's
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

func ignoreGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
