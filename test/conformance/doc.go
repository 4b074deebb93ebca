// Package conformance proves the sandbox with a client nobody here wrote and in another
// language: Baileys, exactly as npm gives it, driven over standard input by a few lines of
// JavaScript. What whatsmeow proves stands beside the sandbox itself.
package conformance
