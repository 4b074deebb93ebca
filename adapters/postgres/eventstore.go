package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// EventStoreConfig says where the log is.
type EventStoreConfig struct {
	DB *sqlx.DB // under sb_worker; it may read the log and execute the append function
	// Appends is a pool for what may not wait for readers, under sb_worker too. Two connections are enough: one appends for all
	// that wait, the other asks whether it could. Defaults to DB
	Appends *sqlx.DB
	Keys    *Keys  // seals and opens personal parts
	DSN     string // for Listen, which needs a connection outside the pool
	// RetryFor is how long an append is sent again while the server cannot be reached. Defaults to 5 s
	RetryFor time.Duration
	Registry prometheus.Registerer // Defaults to none
	Log      *slog.Logger          // Defaults to slog.Default()
	Now      func() time.Time      // only measures RetryFor. Defaults to time.Now
}

// EventStore is the log. Appends of all callers are gathered into batches, one transaction each; see appender.
type EventStore struct {
	db        *sqlx.DB
	appends   *sqlx.DB
	keys      *Keys
	dsn       string
	log       *slog.Logger
	appender  *appender
	committed wakers
	health    *appendHealth

	load, page *sql.Stmt
}

var _ commands.EventStore = (*EventStore)(nil)

// NewEventStore prepares the log's statements once for the pool.
func NewEventStore(ctx context.Context, cfg EventStoreConfig) (*EventStore, error) {
	if cfg.DB == nil || cfg.Keys == nil {
		return nil, errors.New("event store: DB and Keys are needed")
	}
	s := &EventStore{db: cfg.DB, appends: cmp.Or(cfg.Appends, cfg.DB), keys: cfg.Keys, dsn: cfg.DSN, log: cmp.Or(cfg.Log, slog.Default())}
	s.appender = &appender{commit: s.commit, retryFor: cmp.Or(cfg.RetryFor, 5*time.Second), now: cfg.Now, log: s.log}
	var err error
	if s.health, err = newAppendHealth(cfg.Registry); err != nil {
		return nil, fmt.Errorf("register the log's metrics: %w", err)
	}
	if cfg.Now == nil {
		s.appender.now = time.Now //nolint:forbidigo // the default of a Now field
	}
	for _, p := range []struct {
		statement string
		on        *sqlx.DB
		into      **sql.Stmt
	}{
		{appendStatement, s.appends, &s.appender.statement},
		{loadStatement, s.db, &s.load},
		{pageStatement, s.db, &s.page},
	} {
		if *p.into, err = p.on.PrepareContext(ctx, p.statement); err != nil { //nolint:sqlclosecheck // Close closes it
			_ = s.Close()
			return nil, fmt.Errorf("prepare the event store: %w", err)
		}
	}
	return s, nil
}

// Close frees the prepared statements. It does not close the pool.
func (s *EventStore) Close() error {
	var err error
	for _, statement := range []*sql.Stmt{s.appender.statement, s.load, s.page} {
		if statement != nil {
			err = errors.Join(err, statement.Close())
		}
	}
	return err
}

// Append makes the request durable; see commands.EventStore. It returns ctx's error only while nothing was sent. When the
// server cannot be reached for RetryFor it fails without knowing the outcome; appending the same ids again is safe.
func (s *EventStore) Append(ctx context.Context, r commands.AppendRequest) (int64, error) {
	ready, err := s.encodeRequest(ctx, r)
	if err != nil {
		return 0, err
	}
	position, err := s.appender.append(ctx, ready)
	if errors.Is(err, commands.ErrForgotten) {
		err = errors.Join(err, s.keys.lookAgain(ctx, ready))
	}
	return position, err
}

// AppendIn appends in the caller's transaction. Make it the last statement before the commit: it holds the lock of the
// whole log until then. On any error roll back. Call Wake after the commit if readers in this process should not wait
// for the server's notification.
func (s *EventStore) AppendIn(ctx context.Context, tx *sqlx.Tx, r commands.AppendRequest) (int64, error) {
	ready, err := s.encodeRequest(ctx, r)
	if err != nil {
		return 0, err
	}
	verdicts, err := readVerdicts(tx.QueryContext(ctx, appendStatement, newAppendCall(ready).args()...))
	if err != nil {
		return 0, fmt.Errorf("append in a transaction: %w", err)
	}
	return verdicts[0].result(r)
}

// commit stores a batch in one round trip.
func (s *EventStore) commit(ctx context.Context, batch []request) ([]verdict, error) {
	began := s.appender.now()
	verdicts, err := readVerdicts(s.appender.statement.QueryContext(ctx, newAppendCall(batch...).args()...))
	s.health.note(began, s.appender.now(), err)
	if err != nil {
		return nil, err
	}
	if len(verdicts) != len(batch) {
		return nil, fmt.Errorf("append: %d answers to %d requests", len(verdicts), len(batch))
	}
	appended := false
	for _, v := range verdicts {
		appended = appended || v.outcome == "appended"
		switch v.outcome {
		case "conflict":
			s.health.conflicts.Inc()
		case "duplicate":
			s.health.duplicates.Inc()
		}
	}
	if appended {
		s.committed.wake()
	}
	return verdicts, nil
}

// verdict is what append_events says of one request.
type verdict struct {
	outcome  string
	position int64
}

func (v verdict) result(r commands.AppendRequest) (int64, error) {
	var err error
	switch v.outcome {
	case "appended", "duplicate":
		return v.position, nil
	case "conflict":
		err = commands.ErrConflict
	case "fenced":
		err = commands.ErrFenced
	case "mixed":
		err = commands.ErrMixed
	case "forgotten":
		err = commands.ErrForgotten
	default:
		err = fmt.Errorf("unknown outcome %q", v.outcome)
	}
	return 0, fmt.Errorf("append to %s: %w", r.Parts[0].Stream, err)
}

func readVerdicts(rows *sql.Rows, err error) ([]verdict, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var verdicts []verdict
	for rows.Next() {
		var v verdict
		var position sql.NullInt64
		if err := rows.Scan(&v.outcome, &position); err != nil {
			return nil, err
		}
		v.position = position.Int64
		verdicts = append(verdicts, v)
	}
	return verdicts, rows.Err()
}

const loadStatement = `
SELECT ` + rowColumns + `
  FROM unnest($1::uuid[], $2::bigint[]) AS s (stream, after)
 CROSS JOIN LATERAL (
       SELECT *
         FROM events
        WHERE stream_id = s.stream
          AND stream_version > s.after
        ORDER BY stream_version) AS e`

// Load returns a stream's events with a version greater than after, in order. It fails on an event it cannot read: nothing
// may be decided on half a history.
func (s *EventStore) Load(ctx context.Context, stream domain.StreamID, after int64) ([]domain.Recorded, error) {
	return s.LoadSeveral(ctx, commands.From{Stream: stream, After: after})
}

// LoadSeveral is Load for several streams at one moment.
func (s *EventStore) LoadSeveral(ctx context.Context, from ...commands.From) ([]domain.Recorded, error) {
	streams, after := make([]string, len(from)), make([]int64, len(from))
	for i, f := range from {
		streams[i], after[i] = f.Stream.UUID(), f.After
	}
	rows, err := collect(s.load.QueryContext(ctx, pq.Array(streams), pq.Array(after)))
	if err != nil {
		return nil, fmt.Errorf("load %v: %w", from, err)
	}
	events, err := s.decode(ctx, rows)
	if err != nil {
		return nil, fmt.Errorf("load %v: %w", from, err)
	}
	for _, r := range events {
		if bad, ok := r.Event.(Undecodable); ok {
			return nil, fmt.Errorf("load %s: version %d: %w", r.Stream, r.Version, bad.Err)
		}
	}
	return events, nil
}

const pageStatement = `
SELECT ` + rowColumns + `
  FROM events
 WHERE position > $1
 ORDER BY position
 LIMIT $2`

// Page returns up to limit events of all workspaces after a position, in order, without gaps. An event that cannot be read
// is an Undecodable.
func (s *EventStore) Page(ctx context.Context, after int64, limit int) ([]domain.Recorded, error) {
	rows, err := collect(s.page.QueryContext(ctx, after, limit))
	if err != nil {
		return nil, fmt.Errorf("read the log after %d: %w", after, err)
	}
	return s.decode(ctx, rows)
}

// Head is the position of the last event, 0 while there is none.
func (s *EventStore) Head(ctx context.Context) (int64, error) {
	var head int64
	if err := s.db.GetContext(ctx, &head, `SELECT head_position FROM event_log`); err != nil {
		return 0, fmt.Errorf("read the log's head: %w", err)
	}
	return head, nil
}
