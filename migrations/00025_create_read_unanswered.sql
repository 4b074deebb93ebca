-- Questions the bot could not answer, grouped so that twelve people asking the same are one row.
-- +goose Up

CREATE TABLE read_unanswered (
  workspace_id uuid NOT NULL,
  cluster      text NOT NULL,
  people       int  NOT NULL,
  dismissed    int,                      -- how many people there were when it was dismissed
  CONSTRAINT read_unanswered_pkey PRIMARY KEY (workspace_id, cluster)
);

CREATE TABLE read_unanswered_askers (
  workspace_id uuid        NOT NULL,
  cluster      text        NOT NULL,
  customer_id  uuid        NOT NULL,
  text         text        NOT NULL,
  asked_at     timestamptz NOT NULL,
  times        int         NOT NULL,
  CONSTRAINT read_unanswered_askers_pkey PRIMARY KEY (workspace_id, cluster, customer_id)
);
CREATE INDEX read_unanswered_askers_customer_idx ON read_unanswered_askers (workspace_id, customer_id);

CREATE TABLE read_unanswered_redirects (
  workspace_id     uuid NOT NULL,
  customer_id      uuid NOT NULL,
  into_customer_id uuid NOT NULL,
  CONSTRAINT read_unanswered_redirects_pkey PRIMARY KEY (workspace_id, customer_id)
);

SELECT sb_protect_read_table('read_unanswered');
SELECT sb_protect_read_table('read_unanswered_askers');
SELECT sb_protect_read_table('read_unanswered_redirects');
