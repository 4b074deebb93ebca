-- What waits to be done for customers: turns to decide and replies to send.
-- +goose Up

CREATE TABLE read_turns (
  workspace_id uuid        NOT NULL,
  customer_id  uuid        NOT NULL,
  first_at     timestamptz NOT NULL,
  last_at      timestamptz NOT NULL,
  messages     int         NOT NULL,
  open         jsonb       NOT NULL,
  CONSTRAINT read_turns_pkey PRIMARY KEY (workspace_id, customer_id)
) WITH (fillfactor = 50);

CREATE TABLE read_outbox (
  workspace_id uuid        NOT NULL,
  reply_id     uuid        NOT NULL,
  customer_id  uuid        NOT NULL,
  whatsapp_id  text        NOT NULL,
  position     bigint      NOT NULL,
  queued_at    timestamptz NOT NULL,
  deadline     timestamptz,
  CONSTRAINT read_outbox_pkey PRIMARY KEY (workspace_id, reply_id)
);
CREATE INDEX read_outbox_queue_idx ON read_outbox (workspace_id, position);

SELECT sb_protect_read_table('read_turns');
SELECT sb_protect_read_table('read_outbox');
