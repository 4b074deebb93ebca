-- What the status badge shows, and what the session pool works off: both fold the connection's own history.
-- +goose Up

CREATE TABLE read_connection_status (
  workspace_id               uuid        NOT NULL,
  whatsapp_connected         boolean     NOT NULL,
  whatsapp_connection_status text        NOT NULL,
  reason                     text        NOT NULL,
  desired                    boolean     NOT NULL,
  linked                     boolean     NOT NULL,
  method                     text        NOT NULL,
  phone                      text        NOT NULL,
  device                     text        NOT NULL,
  attempt                    int         NOT NULL,
  next_attempt_at            timestamptz,
  code_attempt               int         NOT NULL,
  code_of                    int         NOT NULL,
  code_expires_at            timestamptz,
  last_connected_at          timestamptz,
  last_disconnected_at       timestamptz,
  restricted_until           timestamptz,
  disconnect_reason          text,
  last_connection_update     timestamptz,
  bot_paused                 boolean     NOT NULL,
  bot_paused_until           timestamptz,
  CONSTRAINT read_connection_status_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 70);

CREATE TABLE read_connections (
  workspace_id               uuid        NOT NULL,
  whatsapp_connection_status text        NOT NULL,
  reason                     text        NOT NULL,
  desired                    boolean     NOT NULL,
  linked                     boolean     NOT NULL,
  method                     text        NOT NULL,
  phone                      text        NOT NULL,
  device                     text        NOT NULL,
  attempt                    int         NOT NULL,
  next_attempt_at            timestamptz,
  code_attempt               int         NOT NULL,
  code_of                    int         NOT NULL,
  code_expires_at            timestamptz,
  last_connected_at          timestamptz,
  last_disconnected_at       timestamptz,
  restricted_until           timestamptz,
  plan_state                 text        NOT NULL,
  plan_until                 timestamptz,
  plan_since                 timestamptz,
  suspended                  boolean     NOT NULL,
  requested_position         bigint      NOT NULL,
  CONSTRAINT read_connections_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 70);

SELECT sb_protect_read_table('read_connection_status');
SELECT sb_protect_read_table('read_connections');
