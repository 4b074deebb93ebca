// Command scale measures a sandbox in a process of its own under many linked sessions:
//
//	go run ./test/conformance/scale -sessions 1000
//
// It links them, rests, sends messages back and forth, kills the sandbox and starts it
// again, and prints each figure beside the one that is wanted.
package main
