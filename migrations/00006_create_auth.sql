-- Who may sign in. Secrets never enter the log, so they live in ordinary tables that only the worker role reaches.
-- +goose Up

CREATE TABLE auth_users (
  id             uuid        NOT NULL,
  email          text        NOT NULL,
  password_hash  text        NOT NULL,
  workspace_id   uuid        NOT NULL,
  role           text        NOT NULL,
  platform_admin boolean     NOT NULL DEFAULT false,
  token_version  int         NOT NULL DEFAULT 1,  -- +1 makes every access token issued before invalid
  disabled_at    timestamptz,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT auth_users_pkey PRIMARY KEY (id),
  CONSTRAINT auth_users_role_check CHECK (role IN ('owner', 'admin', 'agent', 'viewer', 'auditor'))
);
CREATE UNIQUE INDEX auth_users_email_key ON auth_users (lower(email)); -- a violation names it like a constraint
CREATE INDEX auth_users_workspace_idx ON auth_users (workspace_id);

-- A family is one sign-in on one browser; its refresh tokens follow one another.
CREATE TABLE auth_refresh_families (
  family_id  uuid        NOT NULL,
  user_id    uuid        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,                -- absolute end, however often it is used
  revoked_at timestamptz,
  reason     text,                                -- why it was revoked
  CONSTRAINT auth_refresh_families_pkey PRIMARY KEY (family_id),
  CONSTRAINT auth_refresh_families_user_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
);
CREATE INDEX auth_refresh_families_user_idx ON auth_refresh_families (user_id);

CREATE TABLE auth_refresh_tokens (
  token_hash       bytea       NOT NULL,          -- SHA-256 of the opaque token
  family_id        uuid        NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at       timestamptz NOT NULL,          -- idle end
  used_at          timestamptz,
  successor_hash   bytea,
  sealed_successor bytea,                         -- for parallel tabs within the grace period, sealed under the old token
  CONSTRAINT auth_refresh_tokens_pkey PRIMARY KEY (token_hash),
  CONSTRAINT auth_refresh_tokens_family_fkey FOREIGN KEY (family_id)
    REFERENCES auth_refresh_families (family_id) ON DELETE CASCADE,
  CONSTRAINT auth_refresh_tokens_used_check CHECK ((used_at IS NULL) = (successor_hash IS NULL))
);
CREATE INDEX auth_refresh_tokens_family_idx ON auth_refresh_tokens (family_id);

-- Short codes that prove somebody holds a phone or a mailbox.
CREATE TABLE auth_verifications (
  id           uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  user_id      uuid        NOT NULL,
  purpose      text        NOT NULL,
  code_hash    bytea       NOT NULL,
  sealed       bytea,                             -- what is being proved, such as the number
  attempts     int         NOT NULL DEFAULT 0,
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT auth_verifications_pkey PRIMARY KEY (id),
  CONSTRAINT auth_verifications_user_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
);

SELECT sb_isolate_table('auth_users');
SELECT sb_isolate_table('auth_verifications');
GRANT SELECT (id, email, workspace_id, role, platform_admin, disabled_at, created_at) ON auth_users TO sb_api, sb_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON auth_users, auth_refresh_families, auth_refresh_tokens, auth_verifications TO sb_worker;
