// Command switchboard is the whole product in one binary: the server, the demo, the local WhatsApp and the tools of
// auditors and of the platform's people. This package only reads configuration and wires the others together.
package main
