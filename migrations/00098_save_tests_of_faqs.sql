-- An FAQ has saved tests: words that must go on being answered with it. No event before this one saves any, so that nothing is rebuilt.
-- +goose Up

ALTER TABLE read_faqs ADD COLUMN tests jsonb NOT NULL DEFAULT '[]';
