-- How careful the bot is in a workspace follows from questions that people judged; whose fit is due is found by an index.
-- +goose Up

CREATE TABLE read_beliefs (
  workspace_id     uuid   NOT NULL,
  customer_id      uuid   NOT NULL,
  thought          text,                 -- the FAQ the bot thought of first at the last words, unless it answered
  thought_log_odds float8 NOT NULL,
  offered          text,                 -- the first of the choices last offered
  offered_log_odds float8 NOT NULL,
  CONSTRAINT read_beliefs_pkey PRIMARY KEY (workspace_id, customer_id)
);

CREATE TABLE read_labels (
  workspace_id uuid        NOT NULL,
  id           text        NOT NULL,     -- of the group of questions, or of a customer's choice
  faq_id       text        NOT NULL,     -- the FAQ the bot thought of first
  log_odds     float8      NOT NULL,     -- of that, before any shift
  was_right    boolean,                  -- NULL: nobody said yet
  position     bigint      NOT NULL,     -- of the newest change
  at           timestamptz NOT NULL,
  CONSTRAINT read_labels_pkey PRIMARY KEY (workspace_id, id)
);
CREATE INDEX read_labels_newest_idx ON read_labels (workspace_id, position);

CREATE TABLE read_shifts (
  workspace_id uuid    NOT NULL,
  shift        jsonb   NOT NULL,         -- domain.Shift
  judged       int     NOT NULL,         -- questions since it was fitted or reset
  due          boolean NOT NULL,
  CONSTRAINT read_shifts_pkey PRIMARY KEY (workspace_id)
);
CREATE INDEX read_shifts_due_idx ON read_shifts (workspace_id) WHERE due;

SELECT sb_protect_read_table('read_beliefs');
SELECT sb_protect_read_table('read_labels');
SELECT sb_protect_read_table('read_shifts');
