package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// evidence is what the phones, the log and the screens say when all is quiet.
type evidence struct {
	Told   map[string]string    // message id → the customer who was told that it is sent
	Phones map[string][]message // by customer
	Shops  []shopState
	Facts  []fact // of conversations, in the log's order
	Lines  []lineFact
	Log    logState

	Plan    plan
	Began   time.Time // when faults began to strike
	Lies    []lie
	Before  vitals
	After   vitals
	Foreign []sight
	Leaks   []string
	Replay  string // what switchboard verify found to be different; empty: nothing
}

// shopState is what is shown about a workspace's line, and what is true.
type shopState struct {
	Workspace string
	Number    string
	Shown     string // by the product
	Devices   []device
	Word      string // that only this workspace's people use
	Journal   []journalEntry
}

// fact is one event of a conversation.
type fact struct {
	Position   int64          `db:"position"`
	RecordedAt time.Time      `db:"recorded_at"`
	Workspace  string         `db:"workspace_id"`
	Type       string         `db:"type"`
	Message    string         `db:"message_id"`
	Reply      string         `db:"reply_id"`
	WhatsAppID string         `db:"whatsapp_id"`
	Decision   string         `db:"decision"`
	Why        string         `db:"why"`
	InReplyTo  pq.StringArray `db:"in_reply_to"`
}

// lineFact is one event of a workspace's line.
type lineFact struct {
	Workspace  string    `db:"workspace_id"`
	Type       string    `db:"type"`
	RecordedAt time.Time `db:"recorded_at"`
}

// lost tells how long lines were lost, by the log. What a killed server could not record is not among it.
func lost(all []lineFact) []time.Duration {
	since := map[string]time.Time{}
	var took []time.Duration
	for _, f := range all {
		began, down := since[f.Workspace]
		switch {
		case f.Type == "connection.connected" && down:
			took = append(took, f.RecordedAt.Sub(began))
			delete(since, f.Workspace)
		case f.Type != "connection.connected" && !down:
			since[f.Workspace] = f.RecordedAt
		}
	}
	return took
}

// logState is what holds of the log and its read models as wholes.
type logState struct {
	Events, Last, Head int64
	BrokenStreams      int64 `db:"broken_streams"` // whose versions are not 1, 2, 3 …
	BackInTime         int64 `db:"back_in_time"`   // events recorded before the one before them
	DeadLetters        int64 `db:"dead_letters"`
	ThreadIn           int64 `db:"thread_in"`  // messages of customers on the screens
	ThreadOut          int64 `db:"thread_out"` // replies on the screens
	Turns, Outbox      int64
}

const facts = `
	SELECT position, recorded_at, workspace_id, type, coalesce(data->>'message_id', '') AS message_id, coalesce(data->>'reply_id', '') AS reply_id,
	       coalesce(data->>'whatsapp_id', '') AS whatsapp_id, coalesce(data->>'decision', '') AS decision, coalesce(data->>'why', '') AS why,
	       ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(data->'in_reply_to') WHEN 'array' THEN data->'in_reply_to' ELSE '[]' END)) AS in_reply_to
	  FROM events WHERE type LIKE 'conversation.%' ORDER BY position`

const lines = `
	SELECT workspace_id, type, recorded_at FROM events
	 WHERE type IN ('connection.connected', 'connection.disconnected', 'connection.reconnecting', 'connection.released') ORDER BY position`

const wholes = `
	SELECT (SELECT count(*) FROM events) AS events, (SELECT coalesce(max(position), 0) FROM events) AS last, (SELECT head_position FROM event_log) AS head,
	       (SELECT count(*) FROM (SELECT FROM events GROUP BY stream_id HAVING max(stream_version) <> count(*) OR min(stream_version) <> 1) s) AS broken_streams,
	       (SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (ORDER BY position) AS back FROM events) e WHERE back) AS back_in_time,
	       (SELECT count(*) FROM projection_dead_letters) AS dead_letters,
	       (SELECT count(*) FROM read_thread WHERE direction = 'in') AS thread_in,
	       (SELECT count(*) FROM read_thread WHERE direction = 'out') AS thread_out,
	       (SELECT count(*) FROM read_turns) AS turns, (SELECT count(*) FROM read_outbox) AS outbox`

// collect reads everything.
func collect(ctx context.Context, s *site, c *crowd) (e evidence, err error) {
	e = evidence{Plan: s.plan, Told: c.told, Phones: map[string][]message{}, Shops: make([]shopState, len(s.shops))}
	numbers := c.numbers()
	var mu sync.Mutex
	err = together(len(numbers), func(i int) error {
		all, err := s.phones.messages(ctx, numbers[i])
		mu.Lock()
		defer mu.Unlock()
		e.Phones[numbers[i]] = all
		return err
	})
	if err != nil {
		return e, fmt.Errorf("read the customers' phones: %w", err)
	}
	if err := together(len(s.shops), func(i int) (err error) { e.Shops[i], err = s.shopState(ctx, i); return err }); err != nil {
		return e, fmt.Errorf("read how the lines are: %w", err)
	}
	err = s.read(ctx, func(db *sqlx.DB) error {
		if err := db.SelectContext(ctx, &e.Facts, facts); err != nil {
			return err
		}
		if err := db.SelectContext(ctx, &e.Lines, lines); err != nil {
			return err
		}
		return db.GetContext(ctx, &e.Log, wholes)
	})
	if err != nil {
		return e, err
	}
	return e, s.collectMore(ctx, &e)
}

// collectMore reads what is compared with nothing of the phones'.
func (s *site) collectMore(ctx context.Context, e *evidence) (err error) {
	e.Lies, _ = s.honest.told()
	if printed, err := s.place.Run(ctx, "verify"); err != nil {
		e.Replay = printed
	}
	for i := range s.shops[:min(len(s.shops), watched)] {
		found, err := s.foreign(ctx, i)
		if err != nil {
			return err
		}
		e.Foreign = append(e.Foreign, found...)
	}
	secrets, err := s.secrets()
	if err != nil {
		return err
	}
	if e.Leaks, s.logged, err = leaks(s.log.Name(), secrets); err != nil {
		return err
	}
	e.Before = s.before
	e.After, err = s.recovered(ctx, s.before)
	return err
}

func (s *site) shopState(ctx context.Context, i int) (shopState, error) {
	one := s.shops[i]
	state := shopState{Workspace: one.owner.Workspace, Number: one.number, Word: marker(s.plan.Seed, i)}
	shown, err := one.owner.Connection(ctx)
	if err != nil {
		return state, err
	}
	state.Shown = shown.WhatsappConnectionStatus
	if state.Devices, err = s.phones.devices(ctx, one.number); err != nil {
		return state, err
	}
	j, err := s.phones.judge(ctx, one.number)
	state.Journal = j.Journal
	return state, err
}
