-- FAQs have short numbers that owners type in commands; a number is never given twice in a workspace.
-- +goose Up

CREATE TABLE faq_counters (
  workspace_id uuid NOT NULL,
  last_number  int  NOT NULL,
  CONSTRAINT faq_counters_pkey PRIMARY KEY (workspace_id)
) WITH (fillfactor = 50);

SELECT sb_isolate_table('faq_counters');
GRANT SELECT, INSERT, UPDATE ON faq_counters TO sb_worker;
