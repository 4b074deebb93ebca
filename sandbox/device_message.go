package sandbox

import (
	"slices"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// incoming is one ciphertext of a linked device on its way to one device.
type incoming struct {
	from     *companion
	line     uint64    // the connection it came over
	to       types.JID // the device it is for
	chat     types.JID // the address the sender wrote to
	id       string
	kind     string // stanza type: text, media, …
	category string
	edit     string
	enc      stanza.Node
	identity stanza.Node // the sender's device identity; no tag if it came without
}

// messageFromDevice takes a message of a linked device to phones and other devices and
// confirms it. The confirmation leaves after all of it is durable.
func (s *Server) messageFromDevice(c *connection, node *stanza.Node) {
	s.mu.Lock()
	d := c.device
	s.mu.Unlock()
	if d == nil {
		return
	}
	s.counters.add(countSentByDevices, 1)
	ack := stanza.Node{Tag: "ack", Attrs: stanza.Attrs{
		"class": "message", "id": stanza.Text(node, "id"), "from": node.Attrs["to"], "t": s.unixNow(),
	}}
	if f := s.faults.take(faultAckError, d.Phone); f != nil {
		ack.Attrs["error"] = itoa(orDefault(f.Code, 463))
		c.send(ack)
		return
	}
	if s.faults.take(faultStaleToken, d.Phone) != nil {
		s.distrust(d, s.byJID(ackedJID(node)))
	}
	if code := s.refusal(d, node); code != 0 {
		s.counters.add(countMessagesRefused, 1)
		ack.Attrs["error"] = itoa(code)
		c.send(ack)
		return
	}
	if s.Behaviour().TellPhash {
		s.mu.Lock()
		ack.Attrs["phash"] = s.participantHash(d, ackedJID(node), node)
		s.mu.Unlock()
	}
	if s.faults.takeDirected(faultLoseMessage, d.Phone, DirectionOut) == nil {
		s.spread(d, c.id, node)
		if f := s.faults.takeDirected(faultDuplicate, d.Phone, DirectionOut); f != nil {
			for range orDefault(f.Code, 2) - 1 {
				s.spread(d, c.id, node)
			}
		}
	}
	if s.faults.take(faultLoseAck, d.Phone) == nil {
		c.send(ack)
	}
	s.mu.Lock()
	s.disturb(c, d.Phone, DirectionOut)
	s.mu.Unlock()
}

func ackedJID(node *stanza.Node) types.JID {
	to, _ := stanza.Address(node, "to")
	return to
}

// codeMalformed refuses a message that is not built as it must be.
const codeMalformed = 479

// refusal is the error code a message is refused with, 0 if it is taken.
func (s *Server) refusal(d *companion, node *stanza.Node) int {
	to := s.byJID(ackedJID(node))
	s.mu.Lock()
	restricted := d.phone.restricted()
	s.mu.Unlock()
	known := restricted && to != nil && d.phone.heardFrom(to.number)
	s.mu.Lock()
	defer s.mu.Unlock()
	if code := s.admitted(d, to, node, known); code != 0 {
		return code
	}
	if s.behaviour.RelayMalformed {
		return 0
	}
	for _, in := range unpack(d, 0, node) {
		kind := stanza.Text(&in.enc, "type")
		if len(stanza.Bytes(in.enc)) == 0 || kind != "msg" && kind != "pkmsg" && kind != "skmsg" {
			return codeMalformed
		}
	}
	return 0
}

// heardFrom says if the number has ever written to this phone.
func (p *Phone) heardFrom(number string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.messages) {
		if m.Direction == DirectionIn && m.Peer == number {
			return true
		}
	}
	return false
}

// spread hands each ciphertext of the stanza to the device it is for, one per device, the
// sender's own handset first: its record must be there when receipts tick it.
func (s *Server) spread(d *companion, line uint64, node *stanza.Node) {
	seen := map[types.JID]bool{}
	all := unpack(d, line, node)
	own := func(in incoming) bool { return in.to.User == d.phone.number || in.to.User == d.phone.lid }
	slices.SortStableFunc(all, func(a, b incoming) int {
		switch {
		case own(a) == own(b):
			return 0
		case own(a):
			return -1
		default:
			return 1
		}
	})
	for _, in := range all {
		if seen[in.to] {
			continue
		}
		seen[in.to] = true
		p := s.byJID(in.to)
		switch {
		case p == nil:
			s.counters.add(countUnroutable, 1)
		case in.to.Device == 0:
			p.receive(in)
		default:
			s.relay(p, in)
		}
	}
}

// unpack reads both forms: a list of participants, or one ciphertext for the address itself.
func unpack(d *companion, line uint64, node *stanza.Node) []incoming {
	chat, _ := stanza.Address(node, "to")
	identity, _ := stanza.Child(node, "device-identity")
	if identity.Tag != "device-identity" {
		identity = stanza.Node{}
	}
	in := incoming{
		from: d, line: line, chat: chat, to: chat, id: stanza.Text(node, "id"), kind: stanza.Text(node, "type"),
		category: stanza.Text(node, "category"), edit: stanza.Text(node, "edit"), identity: identity,
	}
	var all []incoming
	if enc, ok := stanza.Child(node, "enc"); ok {
		in.enc = enc
		all = append(all, in)
	}
	participants, _ := stanza.Child(node, "participants")
	for _, to := range participants.GetChildrenByTag("to") {
		jid, ok := stanza.Address(&to, "jid")
		enc, found := stanza.Child(&to, "enc")
		if !ok || !found {
			continue
		}
		in.to, in.enc = jid, enc
		all = append(all, in)
	}
	return all
}

// relay passes a ciphertext on to a linked device of p, unread.
func (s *Server) relay(p *Phone, in incoming) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := p.devices[int(in.to.Device)]
	if d == nil {
		s.counters.add(countUnroutable, 1)
		return
	}
	server, other := in.to.Server, otherServer(in.to.Server)
	attrs := stanza.Attrs{
		"id": in.id, "t": s.unixNow(), "type": in.kind, "notify": in.from.phone.Name(),
		"from": in.from.jid(server), "category": in.category, "edit": in.edit,
	}
	if in.from.phone == p {
		attrs["recipient"] = in.chat
		if peer := s.byJIDLocked(in.chat); peer != nil {
			attrs["peer_recipient_"+short(otherServer(in.chat.Server))] = peer.jid(otherServer(in.chat.Server), 0)
		}
	} else {
		attrs["addressing_mode"] = short(server)
		attrs["sender_"+short(other)] = in.from.jid(other)
	}
	content := []stanza.Node{in.enc}
	if in.identity.Tag != "" {
		content = append(content, in.identity)
	}
	s.deliverLocked(&vault.Batch{}, delivery{to: d, from: in.from.Phone, node: stanza.Node{Tag: "message", Attrs: attrs, Content: content}})
}
