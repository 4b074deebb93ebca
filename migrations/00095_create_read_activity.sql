-- When something last happened with customers, apart from what the business set: pages need not be read again for it.
-- read_workspaces keeps last_message_at, last_reply_at and messages for the program before this one, which may still run.
-- +goose Up

CREATE TABLE read_activity (
  workspace_id    uuid        NOT NULL,
  last_message_at timestamptz,
  last_reply_at   timestamptz,
  CONSTRAINT read_activity_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 50);

SELECT sb_protect_read_table('read_activity');
ALTER TABLE read_workspaces ALTER COLUMN messages SET DEFAULT 0;
