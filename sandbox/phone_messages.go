package sandbox

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"switchboard.example/sandbox/internal/vault"
)

// messageRecord is a message as it is stored.
type messageRecord struct {
	Message
	// Plain is what was encrypted, kept to encrypt it again when a device asks.
	Plain []byte `json:"plain,omitempty"`
}

// load reads a stored message.
func (m *Message) load(value []byte) error {
	var record messageRecord
	if err := json.Unmarshal(value, &record); err != nil {
		return err
	}
	*m = record.Message
	m.plain = record.Plain
	return nil
}

// key tells messages of one phone apart: ids are only unique per sender.
func (p *Phone) key(m *Message) string {
	switch {
	case m.Direction == DirectionOut && m.Device == 0:
		return "o/" + m.ID
	case m.Direction == DirectionOut:
		return receivedKey(p.number, m.ID)
	default:
		return receivedKey(m.Peer, m.ID)
	}
}

func receivedKey(sender, id string) string { return "i/" + sender + "/" + id }

// keep takes a message into memory. Callers hold p.mu, or are alone.
func (p *Phone) keep(m *Message) {
	p.messages = append(p.messages, m)
	p.byID[p.key(m)] = m
}

// save stores a message, giving a new one its place. Callers hold p.mu.
func (p *Phone) save(b *vault.Batch, m *Message) {
	if m.sequence == 0 {
		p.server.mu.Lock()
		m.sequence = p.server.nextSequence()
		p.server.mu.Unlock()
		p.keep(m)
	}
	put(b, bucketMessages, sequenceKey(p.number, m.sequence), messageRecord{Message: *m, Plain: m.plain})
	close(p.changed)
	p.changed = make(chan struct{})
	p.server.hub.publish(p.number, "messages")
}

// sent finds a message this account sent, from the phone or from a linked device.
func (p *Phone) sent(id string) *Message {
	if m := p.byID["o/"+id]; m != nil {
		return m
	}
	return p.byID[receivedKey(p.number, id)]
}

// Messages returns copies of all messages in the order they came.
func (p *Phone) Messages() []Message {
	messages, _ := p.snapshot()
	return messages
}

func (p *Phone) snapshot() ([]Message, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	messages := make([]Message, 0, len(p.messages))
	for _, m := range p.messages {
		messages = append(messages, *m)
	}
	return messages, p.changed
}

// WaitFor returns the first message that matches, now or once it comes.
func (p *Phone) WaitFor(ctx context.Context, match func(Message) bool) (Message, error) {
	for {
		messages, changed := p.snapshot()
		if i := slices.IndexFunc(messages, match); i >= 0 {
			return messages[i], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// mark moves a sent message on to delivered or read; it never goes back.
func (m *Message) mark(status string, at time.Time) bool {
	switch {
	case status == StatusDelivered && m.Status == StatusSent:
		m.Status, m.DeliveredAt = StatusDelivered, &at
	case status == StatusRead && m.Status != StatusRead && m.Status != StatusFailed:
		if m.DeliveredAt == nil {
			m.DeliveredAt = &at
		}
		m.Status, m.ReadAt = StatusRead, &at
	default:
		return false
	}
	return true
}
