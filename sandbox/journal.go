package sandbox

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchboard.example/sandbox/internal/stanza"
)

// What an entry of the journal records.
const (
	wasLoggedIn  = "logged-in" // the connection proved to be the device's
	wasClosed    = "closed"
	wasDelivered = "delivered" // a stanza that must be confirmed was written to the socket
	wasConfirmed = "confirmed" // the device settled it
	wasReceived  = "received"  // the device sent a stanza
)

// Entry is one line of the journal: what one connection of a linked device brought or took.
type Entry struct {
	At         time.Time `json:"at"`
	Connection uint64    `json:"connection"`
	Device     int       `json:"device"`
	What       string    `json:"what"`            // logged-in, closed, delivered, confirmed, received
	Class      string    `json:"class,omitempty"` // the stanza's element; of a confirmation: what it confirms
	ID         string    `json:"id,omitempty"`
	Type       string    `json:"type,omitempty"` // of a confirmation: receipt or ack
	Peer       string    `json:"peer,omitempty"` // the other account's number, where there is one
	Offline    bool      `json:"offline,omitempty"`
}

// Connection is a linked device's socket as the journal remembers it.
type Connection struct {
	ID       uint64     `json:"id"`
	Device   int        `json:"device"`
	OpenedAt time.Time  `json:"openedAt"`
	ClosedAt *time.Time `json:"closedAt,omitempty"`
	// In and Out count stanzas from and to the device after its login; keep-alives are counted
	// here and appear nowhere else.
	In  int64 `json:"in"`
	Out int64 `json:"out"`
}

// journal keeps, for each account, what went over which connection of its linked
// devices. It is in memory and bounded: the oldest entries go first and are counted.
type journal struct {
	limit int
	now   func() time.Time

	mu    sync.Mutex
	pages map[string]*page
}

type page struct {
	entries     []Entry
	dropped     int64
	connections []*Connection
}

// maxConnections is how many connections of an account are remembered.
const maxConnections = 1000

func newJournal(limit int, now func() time.Time) *journal {
	return &journal{limit: limit, now: now, pages: map[string]*page{}}
}

func (j *journal) page(phone string) *page {
	p := j.pages[phone]
	if p == nil {
		p = &page{}
		j.pages[phone] = p
	}
	return p
}

func (j *journal) note(phone string, e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.At.IsZero() {
		e.At = j.now()
	}
	p := j.page(phone)
	if len(p.entries) >= j.limit {
		half := len(p.entries) / 2
		p.dropped += int64(half)
		p.entries = append([]Entry(nil), p.entries[half:]...)
	}
	p.entries = append(p.entries, e)
}

func (j *journal) opened(phone string, device int, id uint64) *Connection {
	c := &Connection{ID: id, Device: device, OpenedAt: j.now()}
	j.mu.Lock()
	p := j.page(phone)
	if len(p.connections) >= maxConnections {
		p.connections = append([]*Connection(nil), p.connections[maxConnections/2:]...)
	}
	p.connections = append(p.connections, c)
	j.mu.Unlock()
	j.note(phone, Entry{Connection: id, Device: device, What: wasLoggedIn})
	return c
}

func (j *journal) closed(l *ledger) {
	j.mu.Lock()
	at := j.now()
	l.record.ClosedAt = &at
	j.mu.Unlock()
	j.note(l.phone, Entry{Connection: l.id, Device: l.device, What: wasClosed})
}

func (j *journal) count(counter *int64) {
	j.mu.Lock()
	*counter++
	j.mu.Unlock()
}

// read copies an account's page.
func (j *journal) read(phone string) (entries []Entry, connections []Connection, dropped int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.pages[phone]
	if p == nil {
		return nil, nil, 0
	}
	for _, c := range p.connections {
		connections = append(connections, *c)
	}
	return slices.Clone(p.entries), connections, p.dropped
}

// rename moves an account's page to its new number.
func (j *journal) rename(old, number string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p := j.pages[old]; p != nil {
		j.pages[number] = p
		delete(j.pages, old)
	}
}

// ledger is a logged-in connection's way into the journal.
type ledger struct {
	journal *journal
	phone   string
	device  int
	id      uint64
	record  *Connection
}

// book is where a connection finds its ledger: none before its login.
type book struct{ ledger atomic.Pointer[ledger] }

func (b *book) open(j *journal, phone string, device int, id uint64) {
	b.ledger.Store(&ledger{journal: j, phone: phone, device: device, id: id, record: j.opened(phone, device, id)})
}

func (b *book) close() {
	if l := b.ledger.Swap(nil); l != nil {
		l.journal.closed(l)
	}
}

func (b *book) note(e Entry) {
	if l := b.ledger.Load(); l != nil {
		e.Connection, e.Device = l.id, l.device
		l.journal.note(l.phone, e)
	}
}

// sent notes a frame that was written, and the delivery it carried if any.
func (b *book) sent(delivered *Entry) {
	l := b.ledger.Load()
	if l == nil {
		return
	}
	l.journal.count(&l.record.Out)
	if delivered != nil {
		b.note(*delivered)
	}
}

// received notes what the device sent.
func (b *book) received(node *stanza.Node, peer string) {
	l := b.ledger.Load()
	if l == nil {
		return
	}
	l.journal.count(&l.record.In)
	if node.Tag == "iq" && stanza.Text(node, "xmlns") == "w:p" {
		return
	}
	kind := stanza.Text(node, "type")
	if node.Tag == "ack" {
		kind = stanza.Text(node, "class")
	}
	b.note(Entry{What: wasReceived, Class: node.Tag, ID: stanza.Text(node, "id"), Type: kind, Peer: peer})
}
