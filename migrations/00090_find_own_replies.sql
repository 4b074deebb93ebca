-- What a person of the business replied to a question the bot had no answer to is offered as its answer. The unanswered questions are
-- rebuilt with it.
-- +goose Up

ALTER TABLE read_unanswered_askers ADD COLUMN since timestamptz;               -- a person's words from here on
ALTER TABLE read_unanswered_askers ADD COLUMN until timestamptz;               -- and up to here reply to it
ALTER TABLE read_unanswered_askers ADD COLUMN messages text[];                 -- it was asked with
ALTER TABLE read_unanswered_askers ADD COLUMN reply text NOT NULL DEFAULT '';
ALTER TABLE read_unanswered_askers ADD COLUMN replied_at timestamptz;
ALTER TABLE read_unanswered_askers ADD COLUMN bubbles jsonb;                   -- the messages it was written in
