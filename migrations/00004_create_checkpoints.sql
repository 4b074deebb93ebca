-- Readers of the log keep how far they are, and what they could not apply, beside the tables they fill.
-- +goose Up

CREATE TABLE projection_checkpoints (
  name       text        NOT NULL,
  version    int         NOT NULL,
  position   bigint      NOT NULL DEFAULT 0,      -- applied up to and including this one
  epoch      bigint      NOT NULL DEFAULT 0,      -- fencing token of the worker that may move it
  node_id    uuid,                                -- that worker
  state      text        NOT NULL DEFAULT 'live',
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT projection_checkpoints_pkey PRIMARY KEY (name, version),
  CONSTRAINT projection_checkpoints_state_check CHECK (state IN ('building', 'live', 'retired'))
) WITH (fillfactor = 50);

-- An event that could not be applied blocks its stream in that read model; the stream's later events wait here behind it.
CREATE TABLE projection_dead_letters (
  name         text        NOT NULL,
  version      int         NOT NULL,
  position     bigint      NOT NULL,
  stream_id    uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  event_id     uuid        NOT NULL,
  error        text,                              -- NULL: nothing wrong with it, it waits for an earlier one
  attempts     int         NOT NULL DEFAULT 0,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT projection_dead_letters_pkey PRIMARY KEY (name, version, position)
);
CREATE INDEX projection_dead_letters_stream_idx ON projection_dead_letters (name, version, stream_id, position);

-- Who is blocked: one row per stream and read model, with the event to mend and how many wait.
CREATE VIEW projection_blocked_streams WITH (security_invoker = true) AS
SELECT name, version, workspace_id, stream_id,
       min(position) AS blocked_at,
       count(*) - 1 AS waiting,
       (array_agg(error ORDER BY position))[1] AS error,
       max(attempts) AS attempts,
       min(at) AS since
  FROM projection_dead_letters
 GROUP BY name, version, workspace_id, stream_id;

SELECT sb_isolate_table('projection_dead_letters');
GRANT SELECT ON projection_checkpoints, projection_dead_letters, projection_blocked_streams TO sb_api, sb_admin, sb_audit;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection_checkpoints, projection_dead_letters TO sb_worker;
GRANT SELECT ON projection_blocked_streams TO sb_worker;
