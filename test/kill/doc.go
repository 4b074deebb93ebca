// Package kill holds tests that end the built program with SIGKILL while customers write, start it again on the same data
// and then count, on the customers' phones and in the log: every message once, every answer once, no link lost.
package kill
