// Package vault keeps the sandbox's state in one crash-safe file, many changes per disk flush.
package vault
