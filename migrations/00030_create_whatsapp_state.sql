-- Sessions keep state beside whatsmeow's own tables: a LID map per workspace, and messages that could not be handled.
-- +goose Up

-- whatsmeow's own map is shared by all of its devices; one business must not learn whom another one knows.
CREATE TABLE wa.session_lids (
  workspace_id uuid        NOT NULL,
  lid          text        NOT NULL,              -- the user part of WhatsApp's hidden address
  pn           text        NOT NULL,              -- the phone number it stands for, digits only
  mapped_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT session_lids_pkey PRIMARY KEY (workspace_id, lid)
);
-- A number that moved to another LID has two rows; the newest counts.
CREATE INDEX session_lids_pn_idx ON wa.session_lids (workspace_id, pn, mapped_at DESC);

-- A message that fails again and again is put aside here, sealed, and acknowledged: left unconfirmed it would hold up
-- everything behind it.
CREATE TABLE wa.dead_letters (
  workspace_id uuid        NOT NULL,
  letter_id    uuid        NOT NULL,              -- derived from the message, so that it is put aside once
  kind         text        NOT NULL,              -- what WhatsApp's library called it
  error        text        NOT NULL,              -- what sort of failure it was, never a customer's words
  attempts     int         NOT NULL,
  sealed       bytea,                             -- the message, sealed
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT dead_letters_pkey PRIMARY KEY (workspace_id, letter_id)
);
CREATE INDEX dead_letters_at_idx ON wa.dead_letters (at);

SELECT sb_isolate_table('wa.session_lids');
SELECT sb_isolate_table('wa.dead_letters');
GRANT SELECT, INSERT, UPDATE, DELETE ON wa.session_lids, wa.dead_letters TO sb_wa;
