// Package sandbox is a local WhatsApp: a server that unmodified client libraries pair and
// talk with, simulated phones on it, faults on demand, and a page to hold the phones in.
//
// It judges its clients, so it shares no code with them: it decrypts what they send with
// its own keys, keeps its own record of every message, and makes durable what it accepts
// before it says so. README.md has the control API and the list of assumptions.
package sandbox
