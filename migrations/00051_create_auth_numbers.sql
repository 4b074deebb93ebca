-- Phones that are to send a code, and links that sign in once. Neither is in the log.
-- +goose Up

CREATE TABLE auth_number_offers (
  id           uuid        NOT NULL,     -- the code is derived from it
  workspace_id uuid        NOT NULL,
  phone        text        NOT NULL,     -- digits only
  member_id    uuid        NOT NULL,
  role         text        NOT NULL,
  tries        int         NOT NULL DEFAULT 0,
  expires_at   timestamptz NOT NULL,
  CONSTRAINT auth_number_offers_pkey PRIMARY KEY (workspace_id, phone),
  CONSTRAINT auth_number_offers_role_check CHECK (role IN ('owner', 'admin', 'agent'))
);

CREATE TABLE auth_sign_in_links (
  token_hash   bytea       NOT NULL,     -- SHA-256 of the opaque token
  workspace_id uuid        NOT NULL,
  user_id      uuid        NOT NULL,
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz,
  CONSTRAINT auth_sign_in_links_pkey PRIMARY KEY (token_hash),
  CONSTRAINT auth_sign_in_links_user_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
);
CREATE INDEX auth_sign_in_links_user_idx ON auth_sign_in_links (user_id);

SELECT sb_isolate_table('auth_number_offers');
SELECT sb_isolate_table('auth_sign_in_links');
GRANT SELECT, INSERT, UPDATE, DELETE ON auth_number_offers, auth_sign_in_links TO sb_worker;
