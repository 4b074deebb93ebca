-- The FAQs as they are now, and how often each was the answer.
-- +goose Up

CREATE TABLE read_faqs (
  workspace_id   uuid        NOT NULL,
  faq_id         uuid        NOT NULL,
  number         int         NOT NULL,
  questions      text[]      NOT NULL,
  learned_from   text[]      NOT NULL,   -- beside questions: the customer whose words they are, or ''
  answer         text        NOT NULL,
  enabled        boolean     NOT NULL,
  only_when_sure boolean     NOT NULL,
  revision       int         NOT NULL,
  updated_at     timestamptz NOT NULL,
  CONSTRAINT read_faqs_pkey PRIMARY KEY (workspace_id, faq_id)
);

CREATE TABLE read_faq_revisions (
  workspace_id uuid   NOT NULL,
  revision     bigint NOT NULL,          -- the position of the newest change
  CONSTRAINT read_faq_revisions_pkey PRIMARY KEY (workspace_id)
);

CREATE TABLE read_faq_days (
  workspace_id uuid   NOT NULL,
  faq_id       uuid   NOT NULL,
  day          date   NOT NULL,          -- UTC
  times        bigint NOT NULL,
  CONSTRAINT read_faq_days_pkey PRIMARY KEY (workspace_id, faq_id, day)
) WITH (fillfactor = 70);

SELECT sb_protect_read_table('read_faqs');
SELECT sb_protect_read_table('read_faq_revisions');
SELECT sb_protect_read_table('read_faq_days');
