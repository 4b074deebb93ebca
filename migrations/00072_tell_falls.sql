-- A node knows that a line fell before the log does, and long before while the log takes nothing. The others read it here. What
-- fell is a connection by the position of its connection.connected: after the next one the row says nothing any more.
-- +goose Up

CREATE UNLOGGED TABLE session_falls (
  workspace_id   uuid        NOT NULL,
  after_position bigint      NOT NULL, -- of the connection.connected that no longer counts
  reason         text        NOT NULL,
  fell_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT session_falls_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 50);

SELECT sb_isolate_table('session_falls');
GRANT SELECT ON session_falls TO sb_api, sb_admin, sb_audit;
GRANT SELECT, INSERT, UPDATE, DELETE ON session_falls TO sb_worker;
