-- What the dashboard shows of the conversation: its settings, who may command, why the bot spoke, what it was told not to
-- answer, and what the business was told of.
-- +goose Up

CREATE TABLE read_settings (
  workspace_id uuid  NOT NULL,
  settings     jsonb NOT NULL,           -- domain.Settings
  CONSTRAINT read_settings_pkey PRIMARY KEY (workspace_id)
);

CREATE TABLE read_members (
  workspace_id uuid NOT NULL,
  member_id    uuid NOT NULL,
  role         text NOT NULL,
  customers    text[] NOT NULL,          -- as whom their verified phones write in
  CONSTRAINT read_members_pkey PRIMARY KEY (workspace_id, member_id)
);

CREATE TABLE read_reasons (
  workspace_id uuid  NOT NULL,
  id           uuid  NOT NULL,           -- of the message in read_thread
  customer_id  uuid  NOT NULL,
  decision     jsonb NOT NULL,           -- candidates, thresholds, revisions and the words that counted
  CONSTRAINT read_reasons_pkey PRIMARY KEY (workspace_id, id)
);
CREATE INDEX read_reasons_customer_idx ON read_reasons (workspace_id, customer_id);

CREATE TABLE read_dismissed (
  workspace_id uuid        NOT NULL,
  cluster      text        NOT NULL,
  position     bigint      NOT NULL,     -- of the newest change
  at           timestamptz NOT NULL,
  undone       boolean     NOT NULL,
  CONSTRAINT read_dismissed_pkey PRIMARY KEY (workspace_id, cluster)
);

CREATE TABLE read_alerts (
  workspace_id uuid        NOT NULL,
  position     bigint      NOT NULL,
  kind         text        NOT NULL,
  subject      text        NOT NULL,
  count        int         NOT NULL,
  customer_id  uuid,
  at           timestamptz NOT NULL,
  CONSTRAINT read_alerts_pkey PRIMARY KEY (workspace_id, position)
);
CREATE INDEX read_alerts_kind_idx ON read_alerts (workspace_id, kind, at DESC);

CREATE INDEX read_inbox_waits_idx ON read_inbox (waiting_since) WHERE waiting_since IS NOT NULL;

SELECT sb_protect_read_table('read_settings');
SELECT sb_protect_read_table('read_members');
SELECT sb_protect_read_table('read_reasons');
SELECT sb_protect_read_table('read_dismissed');
SELECT sb_protect_read_table('read_alerts');
