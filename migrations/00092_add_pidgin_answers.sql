-- An FAQ may have a second answer, for who asks in Pidgin. No event before this one carries any, so that nothing is rebuilt.
-- +goose Up

ALTER TABLE read_faqs ADD COLUMN pidgin_answer text NOT NULL DEFAULT '';
