// Package domain is the language of Switchboard: what can happen (events), what is true (states folded from events) and
// what may happen next (decisions). It is pure: no I/O, no clock, no context; time, ids and randomness come in as arguments.
package domain
