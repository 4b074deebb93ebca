-- Whom the bot answers where it answers only some. Nobody could be allowed before now, so nothing has to be rebuilt.
-- +goose Up

ALTER TABLE read_inbox ADD COLUMN allowed boolean NOT NULL DEFAULT false;
CREATE INDEX read_inbox_allowed_idx ON read_inbox (workspace_id, customer_id) WHERE allowed;
