// Command load measures the whole path, from a customer's message leaving the sandbox to the reply decrypted on the
// customer's phone, with many workspaces on one server:
//
//	go run ./test/load --workspaces 100 --rate 20 --duration 60s --seed 1
//
// It starts the sandbox and the server as processes of their own, signs workspaces up and links them over HTTP as people
// do, and then lets customers write at a steady rate whether or not answers come (an open loop: slowness is not hidden).
// Every time in the result is the sandbox's or the log's own; this program only reads records. With --server and --phones
// it measures what is running there instead.
package main
