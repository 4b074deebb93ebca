-- One process owns a workspace's session at a time; the log refuses whoever lost it, so leases come before the log.
-- +goose Up

-- One heartbeat row per process, renewed often. Lease rows change only at take-over, so a fence never waits for a heartbeat.
CREATE TABLE nodes (
  node_id    uuid        NOT NULL,
  name       text        NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  CONSTRAINT nodes_pkey PRIMARY KEY (node_id)
) WITH (fillfactor = 50);

CREATE TABLE workspace_leases (
  workspace_id uuid        NOT NULL,
  node_id      uuid,                             -- NULL: released
  epoch        bigint      NOT NULL,             -- +1 at each take-over, never back
  taken_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT workspace_leases_pkey PRIMARY KEY (workspace_id),
  CONSTRAINT workspace_leases_epoch_check CHECK (epoch > 0)
) WITH (fillfactor = 50);
CREATE INDEX workspace_leases_node_idx ON workspace_leases (node_id);

SELECT sb_isolate_table('workspace_leases');
GRANT SELECT ON nodes, workspace_leases TO sb_api, sb_admin, sb_audit, sb_wa;
GRANT SELECT, INSERT, UPDATE, DELETE ON nodes, workspace_leases TO sb_worker;
GRANT SELECT, UPDATE ON workspace_leases TO sb_log; -- UPDATE only because FOR SHARE asks for it

-- lease_held says whether the workspace is still at this epoch, and keeps it there until the caller's transaction ends.
-- A lease being taken over at this moment counts as lost: a fence never waits.
-- +goose StatementBegin
CREATE FUNCTION lease_held(p_workspace uuid, p_epoch bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM workspace_leases
    WHERE workspace_id = p_workspace AND epoch = p_epoch
    FOR SHARE SKIP LOCKED;
  RETURN FOUND;
END $$;
-- +goose StatementEnd

GRANT CREATE ON SCHEMA public TO sb_log;
ALTER FUNCTION lease_held(uuid, bigint) OWNER TO sb_log;
REVOKE CREATE ON SCHEMA public FROM sb_log;
REVOKE ALL ON FUNCTION lease_held(uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_held(uuid, bigint) TO sb_worker, sb_wa;
