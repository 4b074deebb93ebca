package sandbox

import (
	"context"
	"encoding/json"
	"strings"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// waitingRecord is what a handset that is offline will receive: a ciphertext of a linked
// device, or what another phone sent.
type waitingRecord struct {
	From     string   `json:"from"`
	Device   int      `json:"device,omitempty"`
	Line     uint64   `json:"line,omitempty"`
	To       string   `json:"to,omitempty"`
	Chat     string   `json:"chat,omitempty"`
	ID       string   `json:"id,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	Category string   `json:"category,omitempty"`
	Edit     string   `json:"edit,omitempty"`
	Enc      []byte   `json:"enc,omitempty"`
	Identity []byte   `json:"identity,omitempty"`
	Mirror   *Message `json:"mirror,omitempty"`
}

// SetOffline takes the handset off the air or back. While it is off it sends nothing, and
// what is sent to it waits, with one tick at the sender's; its linked devices go on alone.
func (p *Phone) SetOffline(ctx context.Context, offline bool) error {
	waiting, ticket := p.switchAir(offline)
	for _, w := range waiting {
		p.takeIn(w)
	}
	p.server.hub.publish(p.number, "phones")
	return p.server.vault.Wait(ctx, ticket)
}

// switchAir records the change and hands out what waited.
func (p *Phone) switchAir(offline bool) ([]waitingRecord, vault.Ticket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.server
	s.mu.Lock()
	p.record.Offline = offline
	var b vault.Batch
	put(&b, bucketPhones, p.number, p.record)
	s.mu.Unlock()
	p.offline = offline
	if offline {
		return nil, s.vault.Submit(&b)
	}
	waiting := make([]waitingRecord, 0, len(p.waiting))
	for _, w := range p.waiting {
		waiting = append(waiting, w.record)
		b.Delete(bucketWaiting, sequenceKey(p.number, w.sequence))
	}
	p.waiting = nil
	return waiting, s.vault.Submit(&b)
}

// waitingEntry is a waitingRecord with its place in the file.
type waitingEntry struct {
	record   waitingRecord
	sequence uint64
}

// Offline says if the handset is off the air.
func (p *Phone) Offline() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offline
}

// wait keeps something for later. Callers hold p.mu.
func (p *Phone) wait(w waitingRecord) {
	s := p.server
	s.mu.Lock()
	sequence := s.nextSequence()
	s.mu.Unlock()
	p.waiting = append(p.waiting, waitingEntry{record: w, sequence: sequence})
	var b vault.Batch
	put(&b, bucketWaiting, sequenceKey(p.number, sequence), w)
	s.vault.Submit(&b)
}

func (in incoming) waiting() waitingRecord {
	w := waitingRecord{
		From: in.from.Phone, Device: in.from.Device, Line: in.line, To: in.to.String(), Chat: in.chat.String(),
		ID: in.id, Kind: in.kind, Category: in.category, Edit: in.edit, Enc: encoded(in.enc),
	}
	if in.identity.Tag != "" {
		w.Identity = encoded(in.identity)
	}
	return w
}

// takeIn receives what waited. What a device that is gone by now sent, nobody can check.
func (p *Phone) takeIn(w waitingRecord) {
	s := p.server
	if w.Mirror != nil {
		if from := s.find(w.From); from != nil {
			p.mirror(from, *w.Mirror)
		}
		return
	}
	s.mu.Lock()
	d := s.companions[companionKey(w.From, w.Device)]
	s.mu.Unlock()
	enc, err := stanza.Decode(w.Enc)
	if d == nil || err != nil {
		s.counters.add(countUnroutable, 1)
		return
	}
	in := incoming{from: d, line: w.Line, id: w.ID, kind: w.Kind, category: w.Category, edit: w.Edit, enc: *enc}
	in.to, in.chat = addressIn(w.To), addressIn(w.Chat)
	if identity, err := stanza.Decode(w.Identity); err == nil {
		in.identity = *identity
	}
	p.receive(in)
}

func addressIn(text string) types.JID {
	jid, err := types.ParseJID(text)
	if err != nil {
		return types.EmptyJID
	}
	return jid
}

func (s *Server) loadWaiting(key string, value []byte) error {
	number, sequence, _ := strings.Cut(key, ":")
	var w waitingRecord
	if err := json.Unmarshal(value, &w); err != nil {
		return err
	}
	n, err := parseSequence(sequence)
	if p := s.phones[number]; p != nil && err == nil {
		p.waiting = append(p.waiting, waitingEntry{record: w, sequence: n})
		s.sequence = max(s.sequence, n)
	}
	return err
}
