// Package postgres keeps everything durable: the event log, data keys, customer addresses and workspace leases.
//
// Each pool works under one role (Open), reads for the dashboard go through InWorkspace, and the log is written only by
// EventStore, through one database function.
package postgres
