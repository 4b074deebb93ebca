package sandbox

import (
	"context"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// typeCall is the type of a call's record on both handsets; its text says what became of it.
const typeCall = "call"

// callRings is how long a call rings until the caller's phone gives up.
const callRings = 30 * time.Second

// Call rings at an account's linked devices and handset, which has nobody to pick it up. A
// device may decline; otherwise it rings until HangUp, or for 30 seconds.
func (p *Phone) Call(ctx context.Context, to string, video bool) (Message, error) {
	peer := p.server.find(to)
	if peer == nil || peer == p {
		return Message{}, refuse(statusNotFound, "There is no other phone with the number "+to+" here. Make it first.")
	}
	if p.Offline() {
		return Message{}, refuse(statusConflict, "This phone is offline.")
	}
	id, kind := strings.ToUpper(hexOf(randomBytes(16))), "Voice call"
	offer := p.callNode("offer", id, stanza.Node{Tag: "audio", Attrs: stanza.Attrs{"enc": "opus", "rate": "16000"}})
	if video {
		kind = "Video call"
		offer.Content = append(offer.GetChildren(), stanza.Node{Tag: "video", Attrs: stanza.Attrs{"enc": "vp8"}})
	}
	m := p.noteCall(&Message{ID: id, Direction: DirectionOut, Peer: peer.number, Text: kind + ", ringing"})
	peer.noteCall(&Message{ID: id, Direction: DirectionIn, Peer: p.number, Text: kind + ", ringing"})
	ticket := p.signalCall(peer, offer)
	time.AfterFunc(callRings, func() { p.endCall(id, "missed", true) })
	return m, p.server.vault.Wait(ctx, ticket)
}

// HangUp ends a call that rings.
func (p *Phone) HangUp(ctx context.Context, id string) error {
	if !p.endCall(id, "missed", true) {
		return refuse(statusNotFound, "No call with that id rings.")
	}
	return p.server.vault.Wait(ctx, p.server.vault.Flush())
}

// callNode is what happens to a call, as its element says it.
func (p *Phone) callNode(what, id string, content ...stanza.Node) stanza.Node {
	return stanza.Node{Tag: what, Attrs: stanza.Attrs{
		"call-id": id, "call-creator": p.jid(types.HiddenUserServer, 0), "caller_pn": p.jid(types.DefaultUserServer, 0),
	}, Content: content}
}

// signalCall sends it to the peer's linked devices.
func (p *Phone) signalCall(peer *Phone, what stanza.Node) vault.Ticket {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	var told []delivery
	for _, d := range s.companionsOf(peer) {
		told = append(told, delivery{to: d, from: p.number, node: stanza.Node{
			Tag: "call", Attrs: stanza.Attrs{
				"from": p.jid(types.HiddenUserServer, 0), "id": randomText(16), "t": s.unixNow(), "notify": p.Name(),
				"platform": "android", "version": "2.26.1",
			},
			Content: []stanza.Node{what},
		}})
	}
	return s.deliverLocked(&vault.Batch{}, told...)
}

func (p *Phone) noteCall(m *Message) Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.Type, m.At, m.Status, m.Copies, m.Address = typeCall, p.server.now(), StatusRead, 1, addressLID
	var b vault.Batch
	p.save(&b, m)
	p.server.vault.Submit(&b)
	return *m
}

// endCall settles a ringing call on both handsets, and tells the devices if they do not
// know. It says if there was one.
func (p *Phone) endCall(id, how string, tell bool) bool {
	peer := p.settleCall("o/"+id, how)
	other := p.server.find(peer)
	if other == nil {
		return false
	}
	other.settleCall(receivedKey(p.number, id), how)
	if tell {
		end := p.callNode("terminate", id)
		end.Attrs["reason"] = "timeout"
		p.signalCall(other, end)
	}
	return true
}

// settleCall ends the record of a call that rings and returns the other side's number, ""
// if there is none.
func (p *Phone) settleCall(key, how string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.byID[key]
	if m == nil || m.Type != typeCall || !strings.HasSuffix(m.Text, ", ringing") {
		return ""
	}
	m.Text = strings.Replace(m.Text, "ringing", how, 1)
	var b vault.Batch
	p.save(&b, m)
	p.server.vault.Submit(&b)
	return m.Peer
}

// callFromDevice takes what a device does about a call: it can only decline.
func (s *Server) callFromDevice(c *connection, node *stanza.Node) {
	s.mu.Lock()
	d := c.device
	s.mu.Unlock()
	what := stanza.First(node)
	if d == nil {
		return
	}
	if what.Tag != "reject" {
		s.unknown("call " + what.Tag)
	}
	if caller := s.byJID(ackedJID(node)); caller != nil && what.Tag == "reject" {
		caller.endCall(stanza.Text(&what, "call-id"), "declined", false)
	}
	c.send(stanza.Node{Tag: "ack", Attrs: stanza.Attrs{
		"class": "call", "id": stanza.Text(node, "id"), "from": node.Attrs["to"], "type": what.Tag, "t": s.unixNow(),
	}})
}
