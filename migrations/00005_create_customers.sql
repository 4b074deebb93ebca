-- Customers have random ids and a key each, so that destroying one row forgets a person in a log that never changes.
-- +goose Up

CREATE TABLE data_keys (
  key_id       uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  customer_id  uuid        NOT NULL,
  wrapped_key  bytea,                             -- sealed under the key-encryption key; NULL: destroyed
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  destroyed_at timestamptz,
  CONSTRAINT data_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT data_keys_customer_key UNIQUE (workspace_id, customer_id),
  CONSTRAINT data_keys_destroyed_check CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE TABLE customer_addresses (
  workspace_id uuid        NOT NULL,
  address_hmac bytea       NOT NULL,              -- keyed HMAC-SHA256 of workspace and phone number or LID
  customer_id  uuid        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT customer_addresses_address_key UNIQUE (workspace_id, address_hmac)
);
CREATE INDEX customer_addresses_customer_idx ON customer_addresses (workspace_id, customer_id);

-- Two customers turned out to be one person. The row stays for redirects, and is unconfirmed until the log has the event.
CREATE TABLE customer_merges (
  workspace_id uuid        NOT NULL,
  loser_id     uuid        NOT NULL,
  winner_id    uuid        NOT NULL,
  merged_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  confirmed_at timestamptz,
  CONSTRAINT customer_merges_pkey PRIMARY KEY (workspace_id, loser_id),
  CONSTRAINT customer_merges_distinct_check CHECK (loser_id <> winner_id)
);
CREATE INDEX customer_merges_winner_idx ON customer_merges (workspace_id, winner_id);

SELECT sb_isolate_table('data_keys');
SELECT sb_isolate_table('customer_addresses');
SELECT sb_isolate_table('customer_merges');
GRANT SELECT, INSERT, UPDATE, DELETE ON data_keys TO sb_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_addresses, customer_merges TO sb_worker;
