-- Figures per quarter hour, with durations as integer histograms so that any span can be added up exactly.
-- +goose Up

CREATE TABLE read_analytics (
  workspace_id      uuid        NOT NULL,
  quarter           timestamptz NOT NULL,
  messages          bigint      NOT NULL,
  answered          bigint      NOT NULL,
  choices           bigint      NOT NULL,
  unanswered        bigint      NOT NULL,
  handed_over       bigint      NOT NULL,
  sent              bigint      NOT NULL,
  bot_sent          bigint      NOT NULL,
  delivered         bigint      NOT NULL,
  failed            bigint      NOT NULL,
  connect_attempts  bigint      NOT NULL,
  connect_successes bigint      NOT NULL,
  reply_times       bigint[]    NOT NULL,
  reconnect_times   bigint[]    NOT NULL,
  CONSTRAINT read_analytics_pkey PRIMARY KEY (workspace_id, quarter)
) WITH (fillfactor = 70);

CREATE TABLE read_analytics_customers (
  workspace_id uuid        NOT NULL,
  quarter      timestamptz NOT NULL,
  customer_id  uuid        NOT NULL,
  CONSTRAINT read_analytics_customers_pkey PRIMARY KEY (workspace_id, quarter, customer_id)
);

-- Messages not yet decided about and replies not yet delivered: what later figures need to know of earlier events.
CREATE TABLE read_analytics_pending (
  workspace_id uuid        NOT NULL,
  id           uuid        NOT NULL,
  received_at  timestamptz,
  by_bot       boolean     NOT NULL,
  sent_in      timestamptz,
  delivered    boolean     NOT NULL,
  CONSTRAINT read_analytics_pending_pkey PRIMARY KEY (workspace_id, id)
);

CREATE TABLE read_analytics_links (
  workspace_id uuid        NOT NULL,
  paired_in    timestamptz,
  code_shown   boolean     NOT NULL,
  dropped_at   timestamptz,
  CONSTRAINT read_analytics_links_pkey PRIMARY KEY (workspace_id)
);

SELECT sb_protect_read_table('read_analytics');
SELECT sb_protect_read_table('read_analytics_customers');
SELECT sb_protect_read_table('read_analytics_pending');
SELECT sb_protect_read_table('read_analytics_links');
