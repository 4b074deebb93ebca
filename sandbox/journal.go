package sandbox

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
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
// devices, bounded: the oldest entries go first and are counted. Its pages go by LID,
// which an account keeps when its number changes.
//
// The file gets each entry with the next commit, or a moment later by itself: what came in
// is on disk no later than what followed from it.
type journal struct {
	limit int
	now   func() time.Time
	vault *vault.Vault

	mu       sync.Mutex
	pages    map[string]*page
	sequence uint64
}

type page struct {
	entries     []entry
	dropped     int64
	connections []*Connection
}

// entry is an Entry and its place in the file.
type entry struct {
	Entry

	sequence uint64
}

// maxConnections is how many connections of an account are remembered.
const maxConnections = 1000

func newJournal(limit int, now func() time.Time, file *vault.Vault) *journal {
	return &journal{limit: limit, now: now, vault: file, pages: map[string]*page{}}
}

func (j *journal) page(account string) *page {
	p := j.pages[account]
	if p == nil {
		p = &page{}
		j.pages[account] = p
	}
	return p
}

// note enters a line as part of a batch.
func (j *journal) note(b *vault.Batch, account string, e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.At.IsZero() {
		e.At = j.now()
	}
	p := j.page(account)
	if len(p.entries) >= j.limit {
		j.trim(b, account, p)
	}
	j.sequence++
	p.entries = append(p.entries, entry{Entry: e, sequence: j.sequence})
	put(b, bucketJournal, sequenceKey(account, j.sequence), e)
}

// trim drops the older half of a full page.
func (j *journal) trim(b *vault.Batch, account string, p *page) {
	half := len(p.entries) / 2
	for _, old := range p.entries[:half] {
		b.Delete(bucketJournal, sequenceKey(account, old.sequence))
	}
	p.dropped += int64(half)
	p.entries = slices.Clone(p.entries[half:])
	put(b, bucketDropped, account, p.dropped)
}

func (j *journal) opened(account string, device int, id uint64) *Connection {
	c := &Connection{ID: id, Device: device, OpenedAt: j.now()}
	var b vault.Batch
	j.mu.Lock()
	p := j.page(account)
	if len(p.connections) >= maxConnections {
		for _, old := range p.connections[:maxConnections/2] {
			b.Delete(bucketConnections, sequenceKey(account, old.ID))
		}
		p.connections = slices.Clone(p.connections[maxConnections/2:])
	}
	p.connections = append(p.connections, c)
	put(&b, bucketConnections, sequenceKey(account, id), c)
	j.mu.Unlock()
	j.note(&b, account, Entry{Connection: id, Device: device, What: wasLoggedIn})
	j.vault.Linger(&b)
	return c
}

func (j *journal) closed(l *ledger) {
	var b vault.Batch
	j.mu.Lock()
	at := j.now()
	l.record.ClosedAt = &at
	put(&b, bucketConnections, sequenceKey(l.account, l.id), l.record)
	j.mu.Unlock()
	j.note(&b, l.account, Entry{Connection: l.id, Device: l.device, What: wasClosed})
	j.vault.Linger(&b)
}

func (j *journal) count(counter *int64) {
	j.mu.Lock()
	*counter++
	j.mu.Unlock()
}

// read copies an account's page. What it tells is on disk by then.
func (j *journal) read(ctx context.Context, account string) (entries []Entry, connections []Connection, dropped int64) {
	j.mu.Lock()
	if p := j.pages[account]; p != nil {
		for _, e := range p.entries {
			entries = append(entries, e.Entry)
		}
		for _, c := range p.connections {
			connections = append(connections, *c)
		}
		dropped = p.dropped
	}
	j.mu.Unlock()
	_ = j.vault.Wait(ctx, j.vault.Flush())
	return entries, connections, dropped
}

// load takes up what an earlier process noted. Connections it did not see closed ended
// with it; of those only what the entries tell is counted.
func (j *journal) load() error {
	if err := j.vault.Each(bucketJournal, j.loadEntry); err != nil {
		return err
	}
	if err := j.vault.Each(bucketConnections, j.loadConnection); err != nil {
		return err
	}
	return j.vault.Each(bucketDropped, func(account string, value []byte) error {
		return json.Unmarshal(value, &j.page(account).dropped)
	})
}

func (j *journal) loadEntry(key string, value []byte) error {
	account, text, _ := strings.Cut(key, ":")
	sequence, err := parseSequence(text)
	if err != nil {
		return err
	}
	e := entry{sequence: sequence}
	p := j.page(account)
	if err := json.Unmarshal(value, &e.Entry); err != nil {
		return err
	}
	p.entries = append(p.entries, e)
	j.sequence = max(j.sequence, sequence)
	return nil
}

func (j *journal) loadConnection(key string, value []byte) error {
	account, _, _ := strings.Cut(key, ":")
	c := &Connection{}
	if err := json.Unmarshal(value, c); err != nil {
		return err
	}
	p := j.page(account)
	p.connections = append(p.connections, c)
	if c.ClosedAt != nil {
		return nil
	}
	for _, e := range p.entries {
		if e.Connection == c.ID {
			c.In += int64(oneIf(e.What == wasReceived))
			c.Out += int64(oneIf(e.What == wasDelivered))
		}
	}
	j.closed(&ledger{journal: j, account: account, device: c.Device, id: c.ID, record: c})
	return nil
}

// lastConnection is the highest connection number in the journal.
func (j *journal) lastConnection() (last uint64) {
	for _, p := range j.pages {
		for _, c := range p.connections {
			last = max(last, c.ID)
		}
	}
	return last
}

// ledger is a logged-in connection's way into the journal.
type ledger struct {
	journal *journal
	account string // its LID
	device  int
	id      uint64
	record  *Connection
}

// book is where a connection finds its ledger: none before its login.
type book struct{ ledger atomic.Pointer[ledger] }

func (b *book) open(j *journal, account string, device int, id uint64) {
	b.ledger.Store(&ledger{journal: j, account: account, device: device, id: id, record: j.opened(account, device, id)})
}

func (b *book) close() {
	if l := b.ledger.Swap(nil); l != nil {
		l.journal.closed(l)
	}
}

func (b *book) note(e Entry) {
	var batch vault.Batch
	if l := b.noteIn(&batch, e); l != nil {
		l.journal.vault.Linger(&batch)
	}
}

// noteIn notes as part of a batch, if there is a ledger.
func (b *book) noteIn(batch *vault.Batch, e Entry) *ledger {
	l := b.ledger.Load()
	if l != nil {
		e.Connection, e.Device = l.id, l.device
		l.journal.note(batch, l.account, e)
	}
	return l
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
