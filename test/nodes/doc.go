// Package nodes holds tests of several processes of the built program on one database: they share the sessions, take over
// from one that died or slept, and hand over when one is restarted. The judge is the local WhatsApp's own record of every
// connection.
package nodes
