package sandbox

import (
	"context"
	"slices"
	"time"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// typingLasts is how long a typing indicator is shown without being renewed.
const typingLasts = 20 * time.Second

// Read opens a chat on the phone: everything received from the peer is marked read and
// its devices are told. It returns how many messages that were.
func (p *Phone) Read(ctx context.Context, peer string) (int, error) {
	other := p.server.find(peer)
	if other == nil {
		return 0, refuse(statusNotFound, "There is no phone with the number "+peer+" here.")
	}
	n, ticket := p.markRead(other)
	return n, p.server.vault.Wait(ctx, ticket)
}

func (p *Phone) markRead(peer *Phone) (int, vault.Ticket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.server.now()
	var b vault.Batch
	ids := map[string][]string{} // by address
	for _, m := range p.messages {
		if m.Direction == DirectionIn && m.Peer == peer.number && m.mark(StatusRead, at) {
			p.save(&b, m)
			ids[m.Address] = append(ids[m.Address], m.ID)
		}
	}
	var deliveries []delivery
	total := 0
	for address, read := range ids {
		total += len(read)
		deliveries = append(deliveries, p.receipts(peer, serverOf(address), "read", read...)...)
		p.markSentBy(peer, StatusRead, read...)
	}
	return total, p.server.deliver(&b, deliveries...)
}

// Typing shows the peer, on its handset and its devices, that the phone's user is typing, or has stopped.
// Nobody keeps it for those who are offline.
func (p *Phone) Typing(peer string, typing bool) error {
	other := p.server.find(peer)
	if other == nil {
		return refuse(statusNotFound, "There is no phone with the number "+peer+" here.")
	}
	state := "paused"
	if typing {
		state = "composing"
	}
	other.showTyping(p.number, typing)
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.companionsOf(other) {
		if d.conn != nil && d.conn.active {
			d.conn.sendLocked(stanza.Node{
				Tag: "chatstate", Attrs: stanza.Attrs{"from": p.jid(serverOf(addressPhone), 0)},
				Content: []stanza.Node{{Tag: state}},
			})
		}
	}
	return nil
}

// TypingPeers lists the numbers that are typing to this phone now.
func (p *Phone) TypingPeers() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.server.config.Now()
	peers := []string{}
	for peer, until := range p.typing {
		if now.Before(until) {
			peers = append(peers, peer)
		}
	}
	slices.Sort(peers)
	return peers
}

// chatState records that a device's user is typing.
func (s *Server) chatState(c *connection, node *stanza.Node) {
	to, _ := stanza.Address(node, "to")
	s.mu.Lock()
	d := c.device
	s.mu.Unlock()
	p := s.byJID(to)
	if d == nil || p == nil {
		return
	}
	s.counters.add(countChatStates, 1)
	state := stanza.First(node)
	p.showTyping(d.Phone, state.Tag == "composing")
}

// showTyping shows on the handset that somebody types to it, or no longer does.
func (p *Phone) showTyping(number string, typing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if typing && !p.offline {
		p.typing[number] = p.server.config.Now().Add(typingLasts)
	} else {
		delete(p.typing, number)
	}
	p.server.hub.publish(p.number, "typing")
}

func (s *Server) presence(c *connection, node *stanza.Node) {
	s.counters.add(countPresences, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch stanza.Text(node, "type") {
	case "", "available":
		c.available = true
	case "unavailable":
		c.available = false
	}
}
