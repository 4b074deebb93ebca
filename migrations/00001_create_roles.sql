-- Each part of the program works under a role that can do only its own job; pools log in once and SET ROLE.
-- +goose Up

-- sb_api     reads for the dashboard, one workspace at a time (row-level security)
-- sb_worker  projections, commands, leases; may append to the log only through append_events
-- sb_wa      whatsmeow's schema and the linked numbers
-- sb_admin   the platform's people: reads every workspace
-- sb_audit   auditors: reads the log and the read models
-- sb_log     owns the functions that write the log; nobody works under it

-- Roles belong to the whole server, so another database's migration may have made them, or be making them right now.
-- +goose StatementBegin
DO $$
DECLARE
  wanted  CONSTANT text[] := ARRAY['sb_api', 'sb_worker', 'sb_wa', 'sb_admin', 'sb_audit', 'sb_log'];
  missing text[] := ARRAY(SELECT w FROM unnest(wanted) AS w WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = w));
  wanting text[];
  name    text;
  remedy  text := '';
BEGIN
  FOREACH name IN ARRAY missing LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN EXIT;
    END;
  END LOOP;

  missing := ARRAY(SELECT w FROM unnest(wanted) AS w WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = w));
  wanting := ARRAY(SELECT w FROM unnest(wanted) AS w
                    WHERE w = ANY (missing) OR NOT pg_has_role(current_user, w, 'MEMBER'));
  FOREACH name IN ARRAY wanting LOOP
    IF name <> ALL (missing) THEN
      BEGIN
        EXECUTE format('GRANT %I TO %I', name, current_user);
      EXCEPTION
        WHEN unique_violation THEN NULL;
        WHEN insufficient_privilege THEN EXIT;
      END;
    END IF;
  END LOOP;

  FOREACH name IN ARRAY missing LOOP
    remedy := remedy || format('CREATE ROLE %I NOLOGIN; ', name);
  END LOOP;
  wanting := ARRAY(SELECT w FROM unnest(wanted) AS w
                    WHERE w = ANY (missing) OR NOT pg_has_role(current_user, w, 'MEMBER'));
  IF wanting <> '{}' THEN
    RAISE EXCEPTION 'the login % may not create or grant roles; run this once as a superuser, then start again: %GRANT % TO %;',
      current_user, remedy, (SELECT string_agg(quote_ident(w), ', ') FROM unnest(wanting) AS w), quote_ident(current_user)
      USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA public TO sb_api, sb_worker, sb_wa, sb_admin, sb_audit, sb_log;

-- sb_isolate_table makes rows visible to sb_api only inside their own workspace. The workspace is the transaction's
-- app.workspace; unset it matches no row. Other roles see what they are granted. FORCE binds the table's owner as well.
-- +goose StatementBegin
CREATE FUNCTION sb_isolate_table(t regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY one_workspace ON %s TO sb_api '
    || 'USING (workspace_id = nullif(current_setting(''app.workspace'', true), '''')::uuid)', t);
  EXECUTE format('CREATE POLICY all_workspaces ON %s TO sb_worker, sb_wa, sb_admin, sb_audit, sb_log '
    || 'USING (true) WITH CHECK (true)', t);
END $$;
-- +goose StatementEnd

-- sb_protect_read_table gives a read model's table (it must have a workspace_id) its policies and grants.
-- +goose StatementBegin
CREATE FUNCTION sb_protect_read_table(t regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sb_isolate_table(t);
  EXECUTE format('GRANT SELECT ON %s TO sb_api, sb_admin, sb_audit', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO sb_worker', t);
END $$;
-- +goose StatementEnd
