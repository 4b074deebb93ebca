package sandbox

import (
	"bytes"
	"fmt"
	"maps"
	"strconv"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// welcome goes on after the handshake: a payload that names a user is a login, one
// without starts a registration.
func (s *Server) welcome(c *connection) {
	payload := c.registration.payload
	if payload.Username == nil {
		s.offerCodes(c)
		return
	}
	number := strconv.FormatUint(payload.GetUsername(), 10)
	if f := s.faults.takeLogin(number); f != nil {
		s.counters.add(countLoginsRefused, 1)
		c.sendLast(f.failure(), s.Behaviour().CloseLag)
		return
	}
	s.login(c, number, payload)
}

func (s *Server) login(c *connection, number string, payload *waWa6.ClientPayload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.companions[companionKey(number, int(payload.GetDevice()))]
	if d == nil || !bytes.Equal(d.NoiseKey, c.registration.noiseKey[:]) {
		s.counters.add(countLoginsRefused, 1)
		c.sendLast(loginFailure("401", stanza.Attrs{"location": "sandbox"}), s.behaviour.CloseLag)
		return
	}
	if old := d.conn; old != nil {
		old.device = nil
		s.counters.add(countReplaced, 1)
		old.sendLast(conflict("replaced", ""), s.behaviour.CloseLag)
	}
	c.registration, c.device, d.conn = nil, d, c
	c.pace.Store(s.faults.slowed(number))
	s.counters.add(countLogins, 1)
	c.book.open(s.journal, d.phone.lid, d.Device, c.id)
	d.LastSeen = s.now()
	var b vault.Batch
	put(&b, bucketCompanions, d.key(), d.companionRecord)
	s.vault.Submit(&b)
	c.sendLocked(stanza.Node{Tag: "success", Attrs: stanza.Attrs{
		"t": s.unixNow(), "props": "27", "companion_enc_static": "", "location": "sandbox", "abprops": "4",
		"creation": strconv.FormatInt(d.LinkedAt.Unix(), 10), "lid": d.jid(types.HiddenUserServer),
		"display_name": d.phone.Name(),
	}})
	s.hub.publish(number, "devices")
}

// forget drops what the server knows of a connection that ended.
func (s *Server) forget(c *connection) {
	c.abort()
	c.book.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
	for ref, owner := range s.refs {
		if owner == c {
			delete(s.refs, ref)
		}
	}
	d := c.device
	if d == nil || d.conn != c {
		return
	}
	d.conn = nil
	d.LastSeen = s.now()
	var b vault.Batch
	put(&b, bucketCompanions, d.key(), d.companionRecord)
	s.vault.Submit(&b)
	s.hub.publish(d.Phone, "devices")
}

func loginFailure(reason string, more stanza.Attrs) stanza.Node {
	attrs := stanza.Attrs{"reason": reason}
	maps.Copy(attrs, more)
	return stanza.Node{Tag: "failure", Attrs: attrs}
}

// conflict is the stream error of a device that lost its place.
func conflict(kind, code string) stanza.Node {
	return stanza.Node{
		Tag: "stream:error", Attrs: stanza.Attrs{"code": code},
		Content: []stanza.Node{{Tag: "conflict", Attrs: stanza.Attrs{"type": kind}}},
	}
}

func streamError(code int) stanza.Node {
	return stanza.Node{Tag: "stream:error", Attrs: stanza.Attrs{"code": fmt.Sprint(code)}}
}
