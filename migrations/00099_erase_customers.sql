-- A customer can be erased: the log takes nothing more that is sealed under their key, and what is put into WhatsApp's tables while that
-- happens is swept a little later.
-- +goose Up

-- append_events as it was, but that it refuses what is sealed under a destroyed key: whoever still has the key in memory would add to
-- the history of a customer who was erased a moment ago, and show it. Looked for under the lock of the log, so nothing comes between.
--
-- It judges each request as a whole and in order, as if each were a transaction of its own: nothing of a refused request is stored and
-- its neighbours do not notice. Requests, their parts (one stream each) and the parts' events come as parallel arrays; whatever counts
-- starts at 1, and p_part_request and p_event_part never go back.
--
-- Outcomes, one row per request, in order:
--   appended   position of its last event
--   duplicate  every id was stored already (or by an earlier request of the batch); the original position of the last one
--   mixed      some ids were stored and others not, or an id came twice: two different requests share ids
--   conflict   a stream was not at the expected version (-2 expects nothing)
--   fenced     the workspace is not at the epoch the request was made under (0 was made under none)
--   forgotten  something in it is sealed under a key that was destroyed
--
-- The planner settings keep index look-ups even while statistics of a fresh table still say "empty".
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION append_events(
  p_workspace      uuid[],    -- per request
  p_epoch          bigint[],
  p_actor_kind     text[],
  p_actor_id       text[],
  p_causation      uuid[],
  p_correlation    uuid[],    -- NULL: the event's own id
  p_last_event     int[],     -- which of all events is its last
  p_part_request   int[],     -- per part
  p_stream         uuid[],
  p_stream_kind    text[],
  p_stream_key     text[],
  p_expected       bigint[],
  p_part_events    int[],     -- how many events it has
  p_event_part     int[],     -- per event
  p_event_number   int[],     -- 1, 2, 3 … within its part
  p_event_id       uuid[],
  p_type           text[],
  p_schema_version smallint[],
  p_occurred_at    timestamptz[],
  p_data           jsonb[],
  p_sealed         bytea[],
  p_key_id         uuid[]
) RETURNS TABLE (outcome text, last_position bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  requests CONSTANT int := cardinality(p_workspace);
  parts    CONSTANT int := cardinality(p_stream);
  held     boolean[];   -- per request: its epoch is current; NULL: nobody asked
  gone     uuid[];      -- those of the keys that were destroyed; NULL: none
  stored   bigint[];    -- per event: where its id is stored already
  all_new  boolean;
  twin     int[];       -- per event: the first one of the batch with its id, where that is another one
  heads    bigint[];    -- per part: its stream's version
  all_fit  boolean;
  sibling  int[];       -- per part: the first one of the batch on its stream, where that is another one
  base     bigint[];    -- per part: its stream's version before it
  plain    boolean;     -- everything is appended, and positions are old_head + 1, 2, 3 …
  position_of bigint[]; -- per event, unless plain: its new position, NULL when it is not stored
  old_head bigint;
  head     bigint;
  now_     timestamptz;
  repeats  record;
  k        int;
  e        int := 0;    -- the event and the part reached
  p        int := 0;
  first_event int;
  first_part  int;
  known    int;
  latest   bigint;
  broken   boolean;
  erased   boolean;
BEGIN
  -- 1. The fence comes before the log lock, so that a lease row never makes the whole log wait.
  IF 0 <> ANY (p_epoch) THEN
    held := ARRAY(
      SELECT r.epoch = 0 OR lease_held(r.workspace_id, r.epoch)
        FROM unnest(p_workspace, p_epoch) AS r (workspace_id, epoch));
  END IF;

  -- 2. Take the log: whatever was appended before us is committed and visible from the next statement on.
  SELECT head_position, greatest(clock_timestamp(), last_recorded_at)
    INTO STRICT old_head, now_
    FROM event_log
   WHERE only_row
     FOR NO KEY UPDATE;

  -- 3. What the log knows of these ids and streams, and what the batch names twice.
  stored := ARRAY(SELECT (SELECT x.position FROM events x WHERE x.event_id = i.id) FROM unnest(p_event_id) AS i (id));
  heads := ARRAY(
    SELECT coalesce((SELECT max(x.stream_version) FROM events x WHERE x.stream_id = i.id), 0) FROM unnest(p_stream) AS i (id));
  all_new := array_remove(stored, NULL) = '{}';
  all_fit := p_expected = heads;
  IF NOT all_fit THEN
    all_fit := NOT EXISTS (SELECT FROM unnest(p_expected, heads) AS i (expected, head) WHERE i.expected NOT IN (i.head, -2));
  END IF;
  IF array_remove(p_key_id, NULL) <> '{}' THEN
    SELECT array_agg(key_id) INTO gone
      FROM data_keys
     WHERE key_id = ANY (p_key_id)
       AND destroyed_at IS NOT NULL;
  END IF;
  base := heads;
  IF cardinality(p_event_id) > 1 OR parts > 1 THEN
    FOR repeats IN
      SELECT min(i.ord)::int AS first, array_agg(i.ord::int) AS every
        FROM unnest(p_event_id) WITH ORDINALITY AS i (id, ord)
       GROUP BY i.id HAVING count(*) > 1
    LOOP
      FOREACH k IN ARRAY repeats.every LOOP twin[k] := repeats.first; END LOOP;
    END LOOP;
    FOR repeats IN
      SELECT min(i.ord)::int AS first, array_agg(i.ord::int) AS every
        FROM unnest(p_stream) WITH ORDINALITY AS i (id, ord)
       GROUP BY i.id HAVING count(*) > 1
    LOOP
      FOREACH k IN ARRAY repeats.every LOOP sibling[k] := repeats.first; END LOOP;
    END LOOP;
  END IF;

  -- 4. Mostly everything is new and fits, and there is nothing to judge.
  plain := all_new AND all_fit AND twin IS NULL AND sibling IS NULL AND gone IS NULL AND (held IS NULL OR true = ALL (held));
  head := old_head;
  IF plain THEN
    head := old_head + cardinality(p_event_id);
    RETURN QUERY SELECT 'appended', old_head + i.last FROM unnest(p_last_event) AS i (last);
  ELSE
    position_of := array_fill(NULL::bigint, ARRAY[cardinality(p_event_id)]);
  END IF;

  -- 5. Else judge the requests one after the other. stored and heads move along, so a later one sees the earlier ones.
  FOR r IN 1..CASE WHEN plain THEN 0 ELSE requests END LOOP
    first_part := p + 1;
    first_event := e + 1;
    known := 0;
    latest := 0;
    broken := false;
    erased := false;
    WHILE p < parts AND p_part_request[p + 1] = r LOOP
      p := p + 1;
      FOR k IN 1..p_part_events[p] LOOP
        e := e + 1;
        erased := erased OR coalesce(p_key_id[e] = ANY (gone), false);
        IF stored[coalesce(twin[e], e)] IS NOT NULL THEN
          known := known + 1;
          latest := greatest(latest, stored[coalesce(twin[e], e)]);
        ELSIF coalesce(twin[e], e) >= first_event AND coalesce(twin[e], e) <> e THEN
          broken := true;
        END IF;
      END LOOP;
    END LOOP;

    last_position := NULL;
    IF NOT coalesce(held[r], true) THEN
      outcome := 'fenced';
    ELSIF e >= first_event AND known = e - first_event + 1 THEN
      outcome := 'duplicate';
      last_position := latest;
    ELSIF broken OR known > 0 THEN
      outcome := 'mixed';
    ELSIF erased THEN
      outcome := 'forgotten';
    ELSE
      outcome := 'appended';
      FOR q IN first_part..p LOOP
        IF p_expected[q] <> -2 AND p_expected[q] <> heads[coalesce(sibling[q], q)] THEN
          outcome := 'conflict';
          FOR k IN first_part..q - 1 LOOP -- give back what this request's earlier parts took
            heads[coalesce(sibling[k], k)] := heads[coalesce(sibling[k], k)] - p_part_events[k];
          END LOOP;
          EXIT;
        END IF;
        base[q] := heads[coalesce(sibling[q], q)];
        heads[coalesce(sibling[q], q)] := heads[coalesce(sibling[q], q)] + p_part_events[q];
      END LOOP;
    END IF;

    IF outcome = 'appended' THEN
      e := first_event - 1;
      FOR q IN first_part..p LOOP
        FOR n IN 1..p_part_events[q] LOOP -- in order, as p_event_number counts them
          e := e + 1;
          head := head + 1;
          position_of[e] := head;
          stored[coalesce(twin[e], e)] := head;
        END LOOP;
      END LOOP;
      last_position := head;
    END IF;
    RETURN NEXT;
  END LOOP;

  IF head = old_head THEN
    RETURN;
  END IF;

  -- 6. Store them, move the head, and tell whoever listens. A rollback takes all of it back.
  INSERT INTO events (position, stream_version, occurred_at, recorded_at, event_id, workspace_id, stream_id,
                      causation_id, correlation_id, key_id, schema_version, stream_kind, stream_key, type,
                      actor_kind, actor_id, data, sealed)
  SELECT coalesce(position_of[i], old_head + i), base[p_event_part[i]] + p_event_number[i],
         coalesce(p_occurred_at[i], now_), now_, p_event_id[i],
         p_workspace[p_part_request[p_event_part[i]]], p_stream[p_event_part[i]],
         p_causation[p_part_request[p_event_part[i]]],
         coalesce(p_correlation[p_part_request[p_event_part[i]]], p_event_id[i]),
         p_key_id[i], p_schema_version[i], p_stream_kind[p_event_part[i]], p_stream_key[p_event_part[i]], p_type[i],
         p_actor_kind[p_part_request[p_event_part[i]]], p_actor_id[p_part_request[p_event_part[i]]],
         p_data[i], p_sealed[i]
    FROM generate_series(1, cardinality(p_event_id)) AS i
   WHERE plain OR position_of[i] IS NOT NULL;
  UPDATE event_log
     SET head_position = head, last_recorded_at = now_
   WHERE only_row;
  PERFORM pg_notify('switchboard_log', head::text);
END $$;
-- +goose StatementEnd

GRANT SELECT (key_id, destroyed_at) ON data_keys TO sb_log;
CREATE INDEX data_keys_destroyed_idx ON data_keys (key_id) WHERE destroyed_at IS NOT NULL; -- few, so that an append looks into one page

-- Whose traces are to be swept once more: a reply that was on its way in that moment stores the session it used. A row goes with the sweep.
CREATE TABLE wa.erased_addresses (
  workspace_id uuid        NOT NULL,
  address_hmac bytea       NOT NULL,              -- as in customer_addresses
  erased_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT erased_addresses_pkey PRIMARY KEY (workspace_id, address_hmac)
);

SELECT sb_isolate_table('wa.erased_addresses');
GRANT SELECT, INSERT, UPDATE, DELETE ON wa.erased_addresses TO sb_wa;
GRANT SELECT (workspace_id, address_hmac) ON customer_addresses TO sb_wa; -- whose address is somebody else's now
