-- When a workspace last answered a customer. The rows are those of version 1 until the read model has been folded again.
-- +goose Up

ALTER TABLE read_workspaces ADD COLUMN last_reply_at timestamptz;
