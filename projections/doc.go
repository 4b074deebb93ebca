// Package projections holds one file per read model: how it is folded from events, and the queries that read it.
// Read models never decide; their tables can be dropped and rebuilt from the log at any time.
package projections
