-- Workspaces as their members and the platform's people see them, and what time alone will change in them.
-- +goose Up

CREATE TABLE read_workspaces (
  workspace_id    uuid        NOT NULL,
  name            text        NOT NULL,
  owner_id        text        NOT NULL,
  timezone        text        NOT NULL,
  currency        text        NOT NULL,
  number_use      text        NOT NULL,
  onboarding_step text        NOT NULL,
  plan_state      text        NOT NULL,
  plan_until      timestamptz,
  suspended       boolean     NOT NULL,
  registered_at   timestamptz,
  last_message_at timestamptz,
  messages        bigint      NOT NULL,
  CONSTRAINT read_workspaces_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 70);

CREATE TABLE read_due (
  workspace_id uuid        NOT NULL,
  kind         text        NOT NULL,
  due_at       timestamptz NOT NULL,
  CONSTRAINT read_due_pkey PRIMARY KEY (workspace_id, kind)
);
CREATE INDEX read_due_due_at_idx ON read_due (due_at);

SELECT sb_protect_read_table('read_workspaces');
SELECT sb_protect_read_table('read_due');
