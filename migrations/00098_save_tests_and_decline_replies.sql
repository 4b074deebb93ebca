-- An FAQ has saved tests: words that must go on being answered with it. And what a person replied to a customer's question may be declined
-- as an answer. No event before this one says either, so that nothing is rebuilt.
-- +goose Up

ALTER TABLE read_faqs ADD COLUMN tests jsonb NOT NULL DEFAULT '[]';
ALTER TABLE read_unanswered_askers ADD COLUMN declined boolean NOT NULL DEFAULT false;
