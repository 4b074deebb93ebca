// Package bot goes from a customer's words to a decision, and from an owner's !command to what it changes. Decisions are
// pure functions; Turns drives them from the tables of open turns.
package bot
