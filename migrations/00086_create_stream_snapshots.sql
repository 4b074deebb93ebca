-- What was folded from long streams, so that a start does not read years of each connection. A cache: it may be emptied at any time.
-- +goose Up

CREATE TABLE stream_snapshots (
  stream_id      uuid   NOT NULL,
  workspace_id   uuid   NOT NULL,
  schema_version int    NOT NULL,  -- of the state, as the program numbers it
  version        bigint NOT NULL,  -- of the stream
  state          jsonb  NOT NULL,
  CONSTRAINT stream_snapshots_pkey PRIMARY KEY (stream_id)
) WITH (fillfactor = 50);

SELECT sb_isolate_table('stream_snapshots');
GRANT SELECT, INSERT, UPDATE, DELETE ON stream_snapshots TO sb_worker;
