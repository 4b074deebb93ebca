-- The inbox and what was said in each conversation. Redirects lead from merged customers to the ones that stayed.
-- +goose Up

CREATE TABLE read_inbox (
  workspace_id        uuid        NOT NULL,
  customer_id         uuid        NOT NULL,
  name                text        NOT NULL,
  phone               text        NOT NULL,
  first_at            timestamptz,
  last_at             timestamptz,
  last_voice          text        NOT NULL,
  unanswered          int         NOT NULL,
  first_unanswered_at timestamptz,
  waiting_since       timestamptz,
  handed_off          boolean     NOT NULL,
  owner_at            timestamptz,
  taken_until         timestamptz,
  muted_until         timestamptz,
  opted_out           boolean     NOT NULL,
  ignored             boolean     NOT NULL,
  forgotten           boolean     NOT NULL,
  CONSTRAINT read_inbox_pkey PRIMARY KEY (workspace_id, customer_id)
) WITH (fillfactor = 70);
CREATE INDEX read_inbox_newest_idx ON read_inbox (workspace_id, last_at DESC, customer_id DESC);
CREATE INDEX read_inbox_waiting_idx ON read_inbox (workspace_id, waiting_since, customer_id) WHERE waiting_since IS NOT NULL;

CREATE TABLE read_inbox_redirects (
  workspace_id     uuid NOT NULL,
  customer_id      uuid NOT NULL,
  into_customer_id uuid NOT NULL,
  CONSTRAINT read_inbox_redirects_pkey PRIMARY KEY (workspace_id, customer_id)
);

CREATE TABLE read_thread (
  workspace_id uuid        NOT NULL,
  id           uuid        NOT NULL,
  customer_id  uuid        NOT NULL,
  whatsapp_id  text        NOT NULL,
  direction    text        NOT NULL,
  author       text        NOT NULL,
  kind         text        NOT NULL,
  text         text        NOT NULL,
  at           timestamptz NOT NULL,
  position     bigint      NOT NULL,
  status       text        NOT NULL,
  deleted      boolean     NOT NULL,
  edited       boolean     NOT NULL,
  decision     text        NOT NULL,
  why          text        NOT NULL,
  faq_id       uuid,
  score        double precision,
  margin       double precision,
  CONSTRAINT read_thread_pkey PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 80);
CREATE INDEX read_thread_written_idx ON read_thread (workspace_id, customer_id, at DESC, position DESC);
CREATE INDEX read_thread_sent_idx ON read_thread (workspace_id, whatsapp_id) WHERE direction = 'out';

CREATE TABLE read_thread_redirects (
  workspace_id     uuid NOT NULL,
  customer_id      uuid NOT NULL,
  into_customer_id uuid NOT NULL,
  CONSTRAINT read_thread_redirects_pkey PRIMARY KEY (workspace_id, customer_id)
);

SELECT sb_protect_read_table('read_inbox');
SELECT sb_protect_read_table('read_inbox_redirects');
SELECT sb_protect_read_table('read_thread');
SELECT sb_protect_read_table('read_thread_redirects');
