-- Which WhatsApp number belongs to which workspace, and the home of whatsmeow's own tables.
-- +goose Up

CREATE SCHEMA wa;
GRANT CREATE, USAGE ON SCHEMA wa TO sb_wa;

CREATE TABLE wa_links (
  workspace_id uuid        NOT NULL,
  phone        text        NOT NULL,              -- digits only
  jid          text        NOT NULL,              -- our device's address, the key into whatsmeow's tables
  lid          text,
  paired_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  epoch        bigint      NOT NULL DEFAULT 0,    -- of the lease under which it was linked
  CONSTRAINT wa_links_pkey PRIMARY KEY (workspace_id),
  CONSTRAINT wa_links_phone_key UNIQUE (phone)
);

-- The code being shown right now, sealed, so that any node can answer the page that polls for it.
CREATE TABLE wa_codes (
  workspace_id uuid        NOT NULL,
  sealed       bytea       NOT NULL,
  attempt      int         NOT NULL,
  "of"         int         NOT NULL,
  expires_at   timestamptz NOT NULL,
  CONSTRAINT wa_codes_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 50);

SELECT sb_isolate_table('wa_links');
SELECT sb_isolate_table('wa_codes');
GRANT SELECT, INSERT, UPDATE, DELETE ON wa_links, wa_codes TO sb_wa, sb_worker;
GRANT SELECT ON wa_codes TO sb_api;
GRANT SELECT (workspace_id, phone, paired_at) ON wa_links TO sb_api, sb_admin;
