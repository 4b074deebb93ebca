-- Whom the bot answers where it answers only some, and what an owner's message ended, for when nobody wrote it after all. The
-- inbox is rebuilt with both.
-- +goose Up

ALTER TABLE read_inbox ADD COLUMN allowed boolean NOT NULL DEFAULT false;
ALTER TABLE read_inbox ADD COLUMN before jsonb;
CREATE INDEX read_inbox_allowed_idx ON read_inbox (workspace_id, customer_id) WHERE allowed;
