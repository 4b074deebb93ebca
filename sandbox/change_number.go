package sandbox

import (
	"context"
	"maps"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// ChangeNumber moves an account to another number: identity, LID, sessions and messages go
// along, linked devices do not. With notify the peers' devices are told. The old number is
// nobody's afterwards; use the returned phone.
func (s *Server) ChangeNumber(ctx context.Context, old, number string, notify bool) (*Phone, error) {
	p := s.find(old)
	if p == nil {
		return nil, refuse(statusNotFound, "There is no phone with the number "+old+" here.")
	}
	record, err := NewPhone{Number: number, Name: p.Name(), LID: p.lid, Kind: p.record.Kind}.record(s.now())
	if err != nil {
		return nil, err
	}
	if s.find(record.Number) != nil {
		return nil, refuse(statusConflict, "There is a phone with this number already.")
	}
	if err := p.Unlink(ctx, 0); err != nil {
		return nil, err
	}
	moved, ticket := p.moveTo(record, notify)
	s.hub.publish(record.Number, "phones")
	s.hub.publish(p.number, "phones")
	return moved, s.vault.Wait(ctx, ticket)
}

// moveTo makes the phone with the new number and takes the old one off the books.
func (p *Phone) moveTo(record phoneRecord, notify bool) (*Phone, vault.Ticket) {
	s := p.server
	p.mu.Lock()
	defer p.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	record.Identity, record.NextDevice, record.NextKey, record.CreatedAt = p.record.Identity, p.record.NextDevice, p.record.NextKey, p.record.CreatedAt
	record.Offline, record.AppStateKey = p.offline, p.record.AppStateKey
	moved := newPhone(s, record)
	moved.sessions, moved.oneTime = maps.Clone(p.sessions), maps.Clone(p.oneTime)
	moved.state = p.state
	var b vault.Batch
	b.Delete(bucketPhones, p.number)
	put(&b, bucketPhones, record.Number, record)
	for address, session := range moved.sessions {
		b.Delete(bucketSessions, p.number+"|"+address)
		b.Put(bucketSessions, record.Number+"|"+address, session)
	}
	for id, key := range moved.oneTime {
		b.Delete(bucketOneTime, oneTimeKey(p.number, id))
		b.Put(bucketOneTime, oneTimeKey(record.Number, id), key[:])
	}
	for _, m := range p.messages {
		again := *m
		moved.keep(&again)
		b.Delete(bucketMessages, sequenceKey(p.number, m.sequence))
		put(&b, bucketMessages, sequenceKey(record.Number, m.sequence), messageRecord{Message: again, Plain: again.plain})
	}
	moved.waiting = p.waiting
	for _, w := range p.waiting {
		b.Delete(bucketWaiting, sequenceKey(p.number, w.sequence))
		put(&b, bucketWaiting, sequenceKey(record.Number, w.sequence), w.record)
	}
	delete(s.phones, p.number)
	s.register(moved)
	var told []delivery
	if notify {
		told = s.numberChanged(p, moved)
	}
	return moved, s.deliverLocked(&b, told...)
}

// numberChanged tells the devices of everybody the phone has talked with.
func (s *Server) numberChanged(old, moved *Phone) []delivery {
	var all []delivery
	for number := range old.peers() {
		peer := s.phones[number]
		if peer == nil || peer == moved {
			continue
		}
		for _, d := range s.companionsOf(peer) {
			all = append(all, delivery{to: d, from: moved.number, node: stanza.Node{
				Tag: "notification",
				Attrs: stanza.Attrs{
					"from": old.jid(types.DefaultUserServer, 0), "type": "contacts", "id": randomText(12), "t": s.unixNow(),
				},
				Content: []stanza.Node{{Tag: "modify", Attrs: stanza.Attrs{
					"old": old.jid(types.DefaultUserServer, 0), "new": moved.jid(types.DefaultUserServer, 0),
					"old_lid": old.jid(types.HiddenUserServer, 0), "new_lid": moved.jid(types.HiddenUserServer, 0),
				}}},
			}})
		}
	}
	return all
}
