// Package tracing follows customers' messages from end to end with OpenTelemetry: one trace per message, of the steps
//
//	wa.receive       a message is decrypted and goes into the log
//	└ log.append     it is in the log; only now WhatsApp hears "received"
//	projection.apply a read model has it; one per read model
//	bot.decide       the bot decides on it
//	└ log.append     the decision is in the log, with the reply
//	wa.send          a reply is encrypted and leaves; one per try
//	└ wa.server_ack  WhatsApp's server answers
//
// The id of a trace is the id of the event that records the message, which is also the correlation id of what follows from it. So
// nothing has to be handed on or stored for a trace to go on in another process, after kill -9, or on another node. A step that
// somebody else refers to has an id that follows from its trace and its name. What comes after a step in a goroutine of its own is
// linked to it and is no child: it may come much later, and one decision may answer several messages.
//
// Nobody on a message's path waits for this package: it is told of each step after the step, and what it cannot deliver it drops.
// A nil *Tracing follows nothing and costs nothing.
package tracing
