-- How many messages a line that is catching up was told of, while it is. Until its next event a row of before says 0: not known.
-- +goose Up

ALTER TABLE read_connection_status ADD COLUMN catching_up int NOT NULL DEFAULT 0;
