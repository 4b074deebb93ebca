-- Who is a saved contact decides whom the bot leaves alone. A phone's contact list is other people's data, so only this much
-- of it is kept: a keyed hash of each saved address, the same one customers are known by.
-- +goose Up

CREATE TABLE wa_contacts (
  workspace_id uuid   NOT NULL,
  address_hmac bytea  NOT NULL,                   -- keyed HMAC-SHA256 of workspace and phone number or LID
  reading      bigint NOT NULL,                   -- the reading of the list that last found it there
  CONSTRAINT wa_contacts_pkey PRIMARY KEY (workspace_id, address_hmac)
);

-- NULL: the list was never read whole, as for every number linked before now.
ALTER TABLE wa_links ADD COLUMN contacts_read_at timestamptz;

SELECT sb_isolate_table('wa_contacts');
GRANT SELECT, INSERT, UPDATE, DELETE ON wa_contacts TO sb_wa;
GRANT SELECT, DELETE ON wa_contacts TO sb_worker; -- forgetting a customer
