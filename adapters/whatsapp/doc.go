// Package whatsapp keeps a live session for every workspace that wants one, and carries messages between WhatsApp and the log.
//
// A Pool makes what is connected equal to what is desired. One goroutine lives per workspace: it takes the workspace's
// lease, links the number if need be, and holds one connection after another. Each connection has a client of its own
// over the workspace's stored device, so that nothing of an earlier socket reaches a later one.
//
// Three rules keep messages safe. A message is acknowledged only after the log has it. What the database could not do is
// never taken for a message that cannot be read. Encrypting and decrypting for one device never overlap.
package whatsapp
