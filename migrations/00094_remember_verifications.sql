-- What `switchboard verify` found last, so that nodes can say so to whoever watches them.
-- +goose Up

CREATE TABLE verifications (
  table_name  text        NOT NULL, -- of the read model that was compared
  position    bigint      NOT NULL, -- of the log, up to which it was
  different   bigint      NOT NULL, -- rows missing and too many
  verified_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT verifications_pkey PRIMARY KEY (table_name)
);

GRANT SELECT ON verifications TO sb_admin, sb_audit;
GRANT SELECT, INSERT, DELETE ON verifications TO sb_worker;
