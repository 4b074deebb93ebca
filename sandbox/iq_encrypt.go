package sandbox

import (
	"encoding/binary"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

func countPreKeys(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	if c.device != nil {
		n = len(c.device.preKeys)
	}
	return result(node, stanza.Node{Tag: "count", Attrs: stanza.Attrs{"value": itoa(n)}})
}

// uploadPreKeys stores a device's one-time keys and its signed key, durably before the answer.
func uploadPreKeys(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	list, _ := stanza.Child(node, "list")
	signed, _ := stanza.Child(node, "skey")
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.device == nil {
		answer := stanza.Failure(stanza.Text(node, "id"), 401, "not-authorized")
		return &answer
	}
	d := c.device
	signature, _ := stanza.Child(&signed, "signature")
	signedID, signedKey, ok := keyOf(signed)
	identity, _ := stanza.Child(node, "identity")
	if !ok || string(stanza.Bytes(identity)) != string(d.IdentityKey) || !signedBy(d.IdentityKey, signedKey[:], stanza.Bytes(signature)) {
		s.counters.add(countSignaturesRefused, 1)
		answer := stanza.Failure(stanza.Text(node, "id"), 406, "not-acceptable")
		return &answer
	}
	var b vault.Batch
	known := map[uint32]bool{}
	for _, key := range d.preKeys {
		known[key.id] = true
	}
	for _, child := range list.GetChildren() {
		id, public, ok := keyOf(child)
		if !ok || known[id] {
			continue
		}
		if d.burned[id] {
			s.counters.add(countPreKeysRefused, 1)
			continue
		}
		d.preKeys = append(d.preKeys, preKey{id: id, public: public})
		b.Put(bucketPreKeys, fmt.Sprintf("%s:%d", d.key(), id), public[:])
		s.counters.add(countPreKeysUploaded, 1)
	}
	d.SignedID, d.Signed, d.SignedSignature = signedID, signedKey[:], stanza.Bytes(signature)
	put(&b, bucketCompanions, d.key(), d.companionRecord)
	s.vault.Submit(&b)
	return result(node)
}

// signedBy says if an identity signed a prekey.
func signedBy(identity, key, signature []byte) bool {
	return len(identity) == 32 && ratchet.Verify([32]byte(identity), signature, []byte{ecc.DjbType}, key)
}

func keyOf(node stanza.Node) (id uint32, public [32]byte, ok bool) {
	idNode, _ := stanza.Child(&node, "id")
	valueNode, _ := stanza.Child(&node, "value")
	raw, value := stanza.Bytes(idNode), stanza.Bytes(valueNode)
	if len(raw) != 3 || len(value) != 32 {
		return 0, public, false
	}
	return binary.BigEndian.Uint32(append([]byte{0}, raw...)), [32]byte(value), true
}

// fetchPreKeys answers with a bundle per device asked for; a linked device's costs it a key.
func fetchPreKeys(s *Server, _ *connection, node *stanza.Node) *stanza.Node {
	asked, _ := stanza.Child(node, "key")
	var users []stanza.Node
	for _, user := range asked.GetChildrenByTag("user") {
		jid, ok := stanza.Address(&user, "jid")
		if !ok {
			continue
		}
		users = append(users, s.bundleNode(jid))
	}
	return result(node, stanza.Node{Tag: "list", Content: users})
}

func (s *Server) bundleNode(jid types.JID) stanza.Node {
	offer, identity, found := s.bundleFor(jid)
	if !found {
		return stanza.Node{
			Tag: "user", Attrs: stanza.Attrs{"jid": jid},
			Content: []stanza.Node{{Tag: "error", Attrs: stanza.Attrs{"code": "404", "text": "item-not-found"}}},
		}
	}
	if p := s.byJID(jid); p != nil && s.faults.take(faultWrongBundle, p.number) != nil {
		offer.SignedSignature = append([]byte(nil), offer.SignedSignature...)
		offer.SignedSignature[3] ^= 0xff
	}
	content := bundleContent(offer)
	if identity != nil {
		content = append(content, stanza.Node{Tag: "device-identity", Content: identity})
	}
	return stanza.Node{Tag: "user", Attrs: stanza.Attrs{"jid": jid, "t": s.unixNow()}, Content: content}
}

func (s *Server) bundleFor(jid types.JID) (offer ratchet.Bundle, identity []byte, found bool) {
	p := s.byJID(jid)
	if p == nil {
		return offer, nil, false
	}
	if jid.Device == 0 {
		offer, err := p.offerBundle()
		return offer, nil, err == nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := p.devices[int(jid.Device)]
	if d == nil {
		return offer, nil, false
	}
	var b vault.Batch
	offer = s.bundle(d, &b)
	s.deliverLocked(&b, s.warnLowPreKeys(d)...)
	return offer, d.DeviceIdentity, true
}

// bundleContent writes a bundle as the children of a user or keys element.
func bundleContent(offer ratchet.Bundle) []stanza.Node {
	content := []stanza.Node{
		{Tag: "registration", Content: bigEndian4(offer.Registration)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: offer.Identity[:]},
		keyNode("skey", offer.SignedID, offer.Signed, offer.SignedSignature),
	}
	if offer.OneTime != nil {
		content = append(content, keyNode("key", offer.OneTimeID, *offer.OneTime, nil))
	}
	return content
}

func keyNode(tag string, id uint32, public [32]byte, signature []byte) stanza.Node {
	content := []stanza.Node{{Tag: "id", Content: bigEndian3(id)}, {Tag: "value", Content: public[:]}}
	if signature != nil {
		content = append(content, stanza.Node{Tag: "signature", Content: signature})
	}
	return stanza.Node{Tag: tag, Content: content}
}
