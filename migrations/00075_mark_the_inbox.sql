-- What a person must see: complaints and abuse are marked, and pictures keep their chat waiting. The inbox is rebuilt with both.
-- +goose Up

ALTER TABLE read_inbox ADD COLUMN mark text NOT NULL DEFAULT '';
ALTER TABLE read_inbox ADD COLUMN unseen boolean NOT NULL DEFAULT false;
