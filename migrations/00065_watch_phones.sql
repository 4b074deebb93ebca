-- A link lasts as long as its phone comes online now and then, and asks it for help when the account's settings do not verify.
-- +goose Up

ALTER TABLE wa_links
  ADD COLUMN phone_seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(), -- when the phone itself last did something
  ADD COLUMN settings_asked_at timestamptz;                                    -- when it was last asked for the settings anew
