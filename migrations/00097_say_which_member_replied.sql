-- Which member wrote a reply from the dashboard, so that nobody reads another's words as their own. The thread is rebuilt with it.
-- +goose Up

ALTER TABLE read_thread ADD COLUMN member_id text NOT NULL DEFAULT '';
