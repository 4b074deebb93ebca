// Package ratchet is a simulated phone's end-to-end encryption: its identity and its Signal sessions.
package ratchet
