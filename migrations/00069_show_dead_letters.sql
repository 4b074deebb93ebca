-- The platform's people see on their list where something could not be done, not only in a metric: how many and since when,
-- never what it was.
-- +goose Up

GRANT USAGE ON SCHEMA wa TO sb_admin, sb_worker;
GRANT SELECT (workspace_id, letter_id, at) ON wa.dead_letters TO sb_admin, sb_worker;
