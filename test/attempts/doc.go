// Command attempts measures how many attempts to link a number succeed while things go wrong:
//
//	go run ./test/attempts --attempts 1000 --workspaces 50 --seed 1
//
// An attempt begins when the owner of a workspace that is not linked asks for a code, to scan or to type. It succeeds when a
// code is shown within --shown, and both the local WhatsApp says that the device is online and the server says that it is
// connected within --connected of the phone's consent. An owner does what people do: who lets the code expire asks again, and
// whose phone says that the code is no longer shown takes the one that is shown then, three times at most. That is one attempt,
// which took longer. Everything else that goes wrong is a failure: the server says that linking failed, or nothing happens.
//
// To each attempt one thing may happen, dealt in exact shares and in an order by the seed: the 515 that tells a linked device
// to connect again is lost (--lost515), the owner is slow and consents when the code's time is nearly over (--slow), the owner
// lets the code expire (--expire). Besides, a share of all connections is reset at a moment of their first two seconds
// (--resets), whoever they belong to: while a code is fetched, shown, being scanned, or while the device logs in.
package main
