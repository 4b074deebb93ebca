-- A node that is being restarted hands its sessions over: the others count it out at once instead of waiting for its end.
-- +goose Up

ALTER TABLE nodes ADD COLUMN leaving boolean NOT NULL DEFAULT false;

-- When each session last heard anything from WhatsApp, so that any node can say so. The owner writes all of its rows in
-- one statement; losing them costs nothing.
CREATE UNLOGGED TABLE session_pulses (
  workspace_id uuid        NOT NULL,
  heard_at     timestamptz NOT NULL,
  CONSTRAINT session_pulses_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 50);

SELECT sb_isolate_table('session_pulses');
GRANT SELECT ON session_pulses TO sb_api, sb_admin, sb_audit;
GRANT SELECT, INSERT, UPDATE, DELETE ON session_pulses TO sb_worker;
