// Package migrations holds the database schema as numbered SQL files and applies them.
//
// Files are forward-only and named NNNNN_verb_object.sql; the first line of each says why it exists. Read models (tables
// named read_…) start at 00020 and call sb_protect_read_table for their policies and grants.
package migrations
