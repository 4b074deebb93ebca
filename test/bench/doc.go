// Command bench measures the event store against what PostgreSQL itself can do on the same machine in the same minute:
//
//	go run ./test/bench --reps 3 --seconds 2
//
// Absolute rates say little on a shared machine, so every figure is a ratio to a limit measured right before it: one
// pgbench INSERT of a row like an event's, into a table with the same indexes (I), COPY into such a table (C), and an
// ordered COPY out (S). What is printed is the median of the repetitions' ratios. The server is durable: it waits for the
// disk. It only reports; nothing fails because it is slow.
package main
