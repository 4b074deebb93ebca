-- Whoever takes a workspace over has no connection yet, while the log still has the last owner's: what was recorded before
-- the take-over no longer counts. Positions say what came before, because clocks differ.
-- +goose Up

ALTER TABLE workspace_leases ADD COLUMN taken_after bigint NOT NULL DEFAULT 0; -- the log's head then
ALTER TABLE read_connection_status ADD COLUMN connected_position bigint NOT NULL DEFAULT 0; -- of the last connection.connected
