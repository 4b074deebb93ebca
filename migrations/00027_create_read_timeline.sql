-- Every event of a workspace as one plain sentence: the log itself is not indexed by workspace.
-- +goose Up

CREATE TABLE read_timeline (
  workspace_id   uuid        NOT NULL,
  position       bigint      NOT NULL,
  event_id       uuid        NOT NULL,
  type           text        NOT NULL,
  subject        text        NOT NULL,
  stream         text        NOT NULL,
  version        bigint      NOT NULL,
  occurred_at    timestamptz NOT NULL,
  actor_kind     text        NOT NULL,
  actor_id       text        NOT NULL,
  causation_id   text        NOT NULL,
  correlation_id text        NOT NULL,
  sentence       text        NOT NULL,
  data           jsonb       NOT NULL,   -- personal parts masked
  CONSTRAINT read_timeline_pkey PRIMARY KEY (workspace_id, position)
);
CREATE INDEX read_timeline_type_idx ON read_timeline (workspace_id, type, position);
CREATE INDEX read_timeline_stream_idx ON read_timeline (workspace_id, stream, position);

SELECT sb_protect_read_table('read_timeline');
