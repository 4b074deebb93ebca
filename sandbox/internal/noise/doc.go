// Package noise is the server's half of WhatsApp's encrypted transport: framing, handshake, certificates.
package noise
