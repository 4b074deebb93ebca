-- A read model is rebuilt in a schema of its own beside the live one and takes its place in one transaction. The worker may
-- do that through these functions only; it still cannot make or drop anything else.
-- +goose Up

-- open_beside makes empty tables like the live ones: columns, constraints, indexes, storage, policies and grants. Names
-- are kept, so that code that does not qualify them works in either place. What an earlier try left there is dropped.
-- +goose StatementBegin
CREATE FUNCTION open_beside(p_schema text, p_tables text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  t       text;
  live    regclass;
  options text;
  command text;
BEGIN
  PERFORM check_beside(p_schema, p_tables);
  EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', p_schema);
  EXECUTE format('CREATE SCHEMA %I', p_schema);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO sb_worker, sb_audit', p_schema);
  FOREACH t IN ARRAY p_tables LOOP
    live := format('public.%I', t)::regclass;
    EXECUTE format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', p_schema, t, live);
    SELECT string_agg(o, ', ') INTO options FROM pg_class, unnest(reloptions) AS o WHERE oid = live;
    IF options IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %I.%I SET (%s)', p_schema, t, options);
    END IF;
    FOR command IN
      SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', p_schema, t, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = live AND contype IN ('p', 'u', 'x')
       UNION ALL
      SELECT replace(pg_get_indexdef(indexrelid), format(' ON public.%I ', t), format(' ON %I.%I ', p_schema, t))
        FROM pg_index i
       WHERE indrelid = live AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
    LOOP
      EXECUTE command;
    END LOOP;
    PERFORM sb_protect_read_table(format('%I.%I', p_schema, t)::regclass);
  END LOOP;
END $$;
-- +goose StatementEnd

-- swap_beside puts the tables of the schema in the place of the live ones. It holds off readers until the commit.
-- +goose StatementBegin
CREATE FUNCTION swap_beside(p_schema text, p_tables text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s' AS $$
DECLARE
  t text;
BEGIN
  PERFORM check_beside(p_schema, p_tables);
  FOREACH t IN ARRAY p_tables LOOP
    EXECUTE format('DROP TABLE public.%I', t);
    EXECUTE format('ALTER TABLE %I.%I SET SCHEMA public', p_schema, t);
  END LOOP;
  EXECUTE format('DROP SCHEMA %I', p_schema);
END $$;
-- +goose StatementEnd

-- close_beside drops the schema and what is in it.
-- +goose StatementBegin
CREATE FUNCTION close_beside(p_schema text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET client_min_messages = warning AS $$
BEGIN
  PERFORM check_beside(p_schema, '{}');
  EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', p_schema);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION check_beside(p_schema text, p_tables text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_schema !~ '^beside_[a-z_]+$' OR EXISTS (SELECT FROM unnest(p_tables) AS t WHERE t !~ '^read_[a-z_]+$') THEN
    RAISE EXCEPTION 'only tables of read models, in a schema called beside_…, not % %', p_schema, p_tables
      USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION open_beside, swap_beside, close_beside FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_beside, swap_beside, close_beside TO sb_worker;
