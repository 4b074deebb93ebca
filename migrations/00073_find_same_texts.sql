-- How many chats were told the same text from the dashboard within minutes is asked at every reply written there.
-- +goose Up

CREATE INDEX read_thread_told_idx ON read_thread (workspace_id, at) WHERE author = 'dashboard';
