// Package stanza builds and reads WhatsApp's binary XML safely, whatever the bytes are.
package stanza
