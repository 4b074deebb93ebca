// Package failpoint names the instructions at which a crash is most likely to lose or double a message. A program built
// with -tags failpoints ends itself there, as kill -9 would, when SWITCHBOARD_FAILPOINT says so; in any other build
// nothing of it is left.
package failpoint

// The points on the way of a message in, in their order, and of a reply out.
const (
	BeforeDecrypted = "before_decrypted" // the ratchet is about to be committed, with the words beside it
	AfterDecrypted  = "after_decrypted"  // committed, and nobody was handed the message
	BeforeRecorded  = "before_recorded"  // handed over, and not in the log
	AfterRecorded   = "after_recorded"   // in the log, and its words still buffered
	AfterCleared    = "after_cleared"    // the words are cleared, and WhatsApp was told nothing
	BeforeReceipt   = "before_receipt"   // the receipt that follows is made, and never reaches the wire
	BeforeSend      = "before_send"      // a reply is released, and not sent
	AfterSend       = "after_send"       // sent and confirmed, and the log does not know
)

// Panic is no point of them: armed with a message's exact words, as in panic:boom, a program panics over that message in a
// goroutine that nobody can recover, as the library's own do.
const Panic = "panic"

// All lists the points.
func All() []string {
	return []string{BeforeDecrypted, AfterDecrypted, BeforeRecorded, AfterRecorded, AfterCleared, BeforeReceipt, BeforeSend, AfterSend}
}
