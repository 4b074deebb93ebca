// Package memory is an event store that forgets everything when the program ends, for tests of commands. It judges
// requests exactly as the durable one does; commands/storetest proves it for both.
package memory
