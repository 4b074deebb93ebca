package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// Model is a read model as it can be filled from the log's beginning: what it is called, its tables, and how it reads.
type Model struct {
	Name    string
	Version int
	Tables  []string
	join    func(f *Feed, name string) // registers its reader under a name
}

// PagedModel is a read model that Project would register.
func PagedModel(p projections.Projection) Model {
	return Model{Name: p.Name, Version: p.Version, Tables: p.Tables, join: func(f *Feed, name string) {
		p.Name = name
		f.Project(p)
	}}
}

// MessageModel is a read model that Message would register.
func MessageModel(name string, tables []string, handle MessageHandler) Model {
	return Model{Name: name, Version: messageVersion, Tables: tables, join: func(f *Feed, name string) {
		f.Message(name, handle)
	}}
}

// BesideConfig says where read models are filled beside the live ones.
type BesideConfig struct {
	Log    Log
	DB     *sqlx.DB     // under sb_worker
	DSN    string       // for a pool of its own, whose names lead to the tables beside
	Logger *slog.Logger // Defaults to slog.Default()
}

// Beside holds read models being filled from the log's beginning, in tables of their own: same names, same shape, another
// schema. They are read by the same code as the live ones, with checkpoints and dead letters of their own.
type Beside struct {
	schema string
	config BesideConfig
	models []Model
	db     *sqlx.DB   // finds the tables beside first, then the log
	turn   *sqlx.Conn // holds the lock that keeps others from working in this schema
	filled int64
}

// errTaken says that somebody else is filling tables in this schema.
var errTaken = errors.New("another process is at it; try again when it is done")

// besideConns is one connection per message handler and some for the pages.
const besideConns = 6

// OpenBeside makes empty tables beside the live ones, in the schema beside_<name>. It drops what an earlier try left there.
func OpenBeside(ctx context.Context, c BesideConfig, name string, models ...Model) (*Beside, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	b := &Beside{schema: "beside_" + name, config: c, models: models}
	if err := b.takeTurn(ctx); err != nil {
		return nil, err
	}
	if err := b.open(ctx); err != nil {
		return nil, errors.Join(err, b.turn.Close())
	}
	return b, nil
}

// takeTurn returns errTaken while another process has it. The turn ends with the connection, whatever becomes of us.
func (b *Beside) takeTurn(ctx context.Context) (err error) {
	if b.turn, err = b.config.DB.Connx(ctx); err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	var mine bool
	err = b.turn.GetContext(ctx, &mine, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, b.schema)
	if err == nil && !mine {
		err = errTaken
	}
	if err != nil {
		return errors.Join(fmt.Errorf("fill %s: %w", b.schema, err), b.turn.Close())
	}
	return nil
}

func (b *Beside) open(ctx context.Context) (err error) {
	c := b.config
	if _, err := c.DB.ExecContext(ctx, `SELECT open_beside($1, $2)`, b.schema, pq.Array(b.tables())); err != nil {
		return fmt.Errorf("make tables beside the live ones: %w", err)
	}
	if err := b.forget(ctx, c.DB); err != nil {
		return err
	}
	b.db, err = postgres.Open(ctx, c.DSN, postgres.PoolConfig{
		Role: "sb_worker", SearchPath: b.schema + ", public", MaxConns: besideConns + len(b.models), AppName: b.schema,
	})
	return err
}

// DB reads the tables beside by the live ones' names.
func (b *Beside) DB() *sqlx.DB { return b.db }

// Schema is where the tables are.
func (b *Beside) Schema() string { return b.schema }

func (b *Beside) tables() []string {
	var names []string
	for _, m := range b.models {
		names = append(names, m.Tables...)
	}
	return names
}

// readerOf names a model's checkpoint while it is filled.
func (b *Beside) readerOf(m Model) identity { return identity{b.schema + "." + m.Name, m.Version} }

// Fill applies the log up to a position, exactly. It may be called again with a later one.
func (b *Beside) Fill(ctx context.Context, to int64) error {
	f, err := New(Config{Log: logUpTo{b.config.Log, to}, DB: b.db, Logger: b.config.Logger})
	if err != nil {
		return err
	}
	for _, m := range b.models {
		m.join(f, b.readerOf(m).name)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		defer stop() // whoever waits would wait for ever
		ended <- f.Run(running)
	}()
	for _, m := range b.models {
		if err = f.Wait(running, b.readerOf(m).name, to); err != nil {
			break
		}
	}
	stop()
	if err = errors.Join(<-ended, err); err == nil {
		b.filled = to
	}
	return err
}

// Blocked lists the events that could not be applied.
func (b *Beside) Blocked(ctx context.Context) ([]Blocked, error) {
	all, err := (&Feed{config: Config{DB: b.config.DB}}).Blocked(ctx)
	var mine []Blocked
	for _, blocked := range all {
		if strings.HasPrefix(blocked.Reader, b.schema+".") {
			mine = append(mine, blocked)
		}
	}
	return mine, err
}

// Close drops the tables beside, unless they have taken the live ones' place.
func (b *Beside) Close(ctx context.Context) error {
	err := b.db.Close()
	if _, drop := b.config.DB.ExecContext(ctx, `SELECT close_beside($1)`, b.schema); drop != nil {
		err = errors.Join(err, fmt.Errorf("drop the tables beside the live ones: %w", drop))
	}
	err = errors.Join(err, b.forget(ctx, b.config.DB))
	_, unlock := b.turn.ExecContext(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, b.schema)
	return errors.Join(err, unlock, b.turn.Close())
}

// forget removes checkpoints and dead letters.
func (b *Beside) forget(ctx context.Context, db executor) error {
	_, err := db.ExecContext(ctx, `
		WITH letters AS (
			DELETE FROM projection_dead_letters
			WHERE starts_with(name, $1)
		)
		DELETE FROM projection_checkpoints
		WHERE starts_with(name, $1)`, b.schema+".")
	if err != nil {
		return fmt.Errorf("forget how far the tables beside were: %w", err)
	}
	return nil
}

// logUpTo is the log as it was when a position was its newest.
type logUpTo struct {
	Log
	last int64
}

// Head implements Log.
func (l logUpTo) Head(ctx context.Context) (int64, error) {
	head, err := l.Log.Head(ctx)
	return min(head, l.last), err
}

// Page implements Log.
func (l logUpTo) Page(ctx context.Context, after int64, limit int) ([]domain.Recorded, error) {
	if after >= l.last {
		return nil, nil
	}
	return l.Log.Page(ctx, after, int(min(int64(limit), l.last-after)))
}
