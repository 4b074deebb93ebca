-- A phone number can be given to somebody else: it moves to the new person, and the one who had it stays who they were.
-- +goose Up

ALTER TABLE customer_addresses
  ADD COLUMN hidden     boolean,                  -- WhatsApp's LID, which stays with a person; NULL: not seen since this column
  ADD COLUMN mapped_at  timestamptz,              -- when WhatsApp last said whose LID a number belongs to
  ADD COLUMN moved_from uuid;                     -- whose it was, until the log has the event
