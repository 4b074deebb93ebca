package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// stage is one part of the way from message to reply.
type stage struct {
	Name string `json:"name"`
	Took spread `json:"took"`
}

// moments are the log's times of one message and its reply.
type moments struct {
	MessageID   string    `db:"message_id"`
	ReceivedAt  time.Time `db:"received_at"`
	RecordedAt  time.Time `db:"recorded_at"`
	DecidedAt   time.Time `db:"decided_at"`
	QueuedAt    time.Time `db:"queued_at"`    // when the log took the reply
	ConfirmedAt time.Time `db:"confirmed_at"` // when the log took that WhatsApp has it
}

const momentsOf = `
	SELECT m.data->>'message_id' AS message_id, (m.data->>'received_at')::timestamptz AS received_at, m.recorded_at,
	       (d.data->>'decided_at')::timestamptz AS decided_at, q.recorded_at AS queued_at, s.recorded_at AS confirmed_at
	  FROM events m
	  JOIN events d ON d.stream_id = m.stream_id AND d.type = 'conversation.reply_decided'
	   AND d.data->'in_reply_to' ? (m.data->>'message_id')
	  JOIN events q ON q.stream_id = m.stream_id AND q.type = 'conversation.reply_queued'
	   AND q.data->'in_reply_to' ? (m.data->>'message_id')
	  JOIN events s ON s.stream_id = m.stream_id AND s.type = 'conversation.reply_sent'
	   AND s.data->>'reply_id' = q.data->>'reply_id'
	 WHERE m.type = 'conversation.message_received'
	   AND m.data->>'message_id' = ANY ($1)`

// stages tells where the time went, from the log.
func stages(ctx context.Context, database string, exchanges []exchange) ([]stage, error) {
	db, err := sqlx.ConnectContext(ctx, "postgres", database)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = db.Close() }()
	answered := map[string]exchange{}
	var ids []string
	for _, e := range exchanges {
		if e.reply != nil {
			answered[e.message.ID], ids = e, append(ids, e.message.ID)
		}
	}
	var log []moments
	if err := db.SelectContext(ctx, &log, momentsOf, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return split(log, answered), nil
}

// split cuts each message's way where the log saw it pass.
func split(log []moments, answered map[string]exchange) []stage {
	cuts := []struct {
		name string
		took func(moments, exchange) time.Duration
	}{
		{"sent → received by the server", func(m moments, e exchange) time.Duration { return m.ReceivedAt.Sub(e.message.At) }},
		{"received → in the log", func(m moments, _ exchange) time.Duration { return m.RecordedAt.Sub(m.ReceivedAt) }},
		{"in the log → decided", func(m moments, _ exchange) time.Duration { return m.DecidedAt.Sub(m.RecordedAt) }},
		{"decided → reply in the log", func(m moments, _ exchange) time.Duration { return m.QueuedAt.Sub(m.DecidedAt) }},
		{"reply in the log → decrypted", func(m moments, e exchange) time.Duration { return e.reply.DecryptedAt.Sub(m.QueuedAt) }},
		{"decrypted → known to be sent", func(m moments, e exchange) time.Duration { return m.ConfirmedAt.Sub(*e.reply.DecryptedAt) }},
	}
	stages := make([]stage, len(cuts))
	for i, cut := range cuts {
		var took []time.Duration
		for _, m := range log {
			took = append(took, cut.took(m, answered[m.MessageID]))
		}
		stages[i] = stage{cut.name, spreadOf(took)}
	}
	return stages
}
