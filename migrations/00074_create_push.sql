-- Browsers that show alerts while the dashboard is closed, and the alerts on their way to them. Where a browser is reached is
-- its secret, so neither is in the log.
-- +goose Up

CREATE TABLE push_browsers (
  id            uuid        NOT NULL,   -- the browser keeps it in a cookie
  workspace_id  uuid        NOT NULL,
  user_id       uuid        NOT NULL,
  endpoint      text        NOT NULL,   -- where its push service takes messages for it
  service       text        NOT NULL,   -- the endpoint's host
  p256dh        bytea       NOT NULL,   -- what messages to it are encrypted with (RFC 8291)
  auth          bytea       NOT NULL,
  created_at    timestamptz NOT NULL,
  failing_since timestamptz,            -- nothing has reached it since
  CONSTRAINT push_browsers_pkey PRIMARY KEY (id),
  CONSTRAINT push_browsers_endpoint_key UNIQUE (endpoint),
  CONSTRAINT push_browsers_user_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
);
CREATE INDEX push_browsers_user_idx ON push_browsers (user_id, created_at);
CREATE INDEX push_browsers_workspace_idx ON push_browsers (workspace_id);

-- What is to be said is put into words when it is sent: no customer's words are kept here.
CREATE TABLE push_deliveries (
  browser_id   uuid        NOT NULL,
  position     bigint      NOT NULL,    -- of the alert in the log
  workspace_id uuid        NOT NULL,
  due_at       timestamptz NOT NULL,    -- when it is tried next; while it is being sent, when it counts as never sent
  until        timestamptz NOT NULL,    -- afterwards it is old news
  tries        int         NOT NULL DEFAULT 0,
  settled_at   timestamptz,             -- kept for a while, so that the same alert is not sent again
  CONSTRAINT push_deliveries_pkey PRIMARY KEY (browser_id, position),
  CONSTRAINT push_deliveries_browser_fkey FOREIGN KEY (browser_id) REFERENCES push_browsers (id) ON DELETE CASCADE
);
CREATE INDEX push_deliveries_due_idx ON push_deliveries (due_at) WHERE settled_at IS NULL;
CREATE INDEX push_deliveries_until_idx ON push_deliveries (until);

SELECT sb_isolate_table('push_browsers');
SELECT sb_isolate_table('push_deliveries');
GRANT SELECT, INSERT, UPDATE, DELETE ON push_browsers, push_deliveries TO sb_worker;
