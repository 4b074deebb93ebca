package domain

// Evidence is how a fact about a connection came about, for whoever audits it: under which ownership, on which of the
// workspace's connections, and what WhatsApp said. What is not known is left out; facts from before it was kept have none.
type Evidence struct {
	Epoch        int64  `json:"epoch,omitempty"`         // of the lease of the process that saw it; whoever owns the workspace next has a higher one
	ConnSeq      int64  `json:"conn_seq,omitempty"`      // the connection's number within the workspace: 1 is the first, and restarts go on counting
	LibraryEvent string `json:"library_event,omitempty"` // the signal, as the library for WhatsApp names it: "StreamReplaced"
	ReasonCode   string `json:"reason_code,omitempty"`   // WhatsApp's own, such as "402", or our word where it gave none
	RawExcerpt   string `json:"raw_excerpt,omitempty"`   // of WhatsApp's stanza: never an address, a number, a text or a key
}

// evidence is how it came about; the events that embed it have it.
func (e Evidence) evidence() Evidence { return e }

// EvidenceOf is how a fact about a connection came about, as far as it says so.
func EvidenceOf(e ConnectionEvent) Evidence {
	if told, ok := e.(interface{ evidence() Evidence }); ok {
		return told.evidence()
	}
	return Evidence{}
}
