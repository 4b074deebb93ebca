// Command fleet measures many linked workspaces on one server, each figure beside what it must be and what it should be:
//
//	go run ./test/fleet --workspaces 1000 --seed 1
//
// It links them once and then does everything to the same lines: memory as lines are added, a kill and a restart with the
// connect rate lifted, a cold start, the return of the local WhatsApp, drops of single lines and of all, half-open lines, and
// a database that goes away. --rows leaves some out. All times are the local WhatsApp's own: a line is back when it has
// logged in there, whatever the server says. The program fails when a figure misses what it must be.
package main
