package sandbox

import (
	"context"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// receiptFromDevice settles what the device confirms, confirms the receipt, and takes it
// to whoever sent the message.
func (s *Server) receiptFromDevice(c *connection, node *stanza.Node) {
	s.mu.Lock()
	d := c.device
	s.mu.Unlock()
	if d == nil {
		return
	}
	to, _ := stanza.Address(node, "to")
	kind := stanza.Text(node, "type")
	ids := receiptIDs(node)
	if settles(kind) {
		s.settle(c, "message", "receipt", ids...)
		s.counters.add(countConfirmed, int64(len(ids)))
	}
	c.send(stanza.Node{Tag: "ack", Attrs: stanza.Attrs{
		"class": "receipt", "id": stanza.Text(node, "id"), "from": node.Attrs["to"], "type": kind, "t": s.unixNow(),
	}})
	p := s.byJID(to)
	if p == nil || p == d.phone && kind != "retry" {
		return
	}
	if kind == "retry" {
		s.retryFromDevice(d, p, to, node)
		return
	}
	if status := statusOfReceipt(kind, s.Behaviour().InactiveCounts); status != "" {
		p.noteReceipt(status, ids...)
	}
	s.relayReceipt(d, p, to, node)
}

func receiptIDs(node *stanza.Node) []string {
	ids := []string{stanza.Text(node, "id")}
	list, _ := stanza.Child(node, "list")
	for _, item := range list.GetChildrenByTag("item") {
		ids = append(ids, stanza.Text(&item, "id"))
	}
	return ids
}

// settles says if a receipt of this type confirms that the message may leave the queue.
func settles(kind string) bool {
	switch kind {
	case "retry", "read", "played", "read-self", "played-self":
		return false
	default:
		return true
	}
}

func statusOfReceipt(kind string, inactiveCounts bool) string {
	switch kind {
	case "":
		return StatusDelivered
	case "inactive":
		if inactiveCounts {
			return StatusDelivered
		}
		return ""
	case "read", "played":
		return StatusRead
	default:
		return ""
	}
}

// noteReceipt moves sent messages on to delivered or read. The caller holds no lock.
func (p *Phone) noteReceipt(status string, ids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b vault.Batch
	for _, id := range ids {
		if m := p.sent(id); m != nil && m.Direction == DirectionOut && m.mark(status, p.server.now()) {
			p.save(&b, m)
		}
	}
	p.server.vault.Submit(&b)
}

// relayReceipt passes a receipt on to the linked devices of the account it is for.
func (s *Server) relayReceipt(from *companion, p *Phone, to types.JID, node *stanza.Node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var deliveries []delivery
	for _, d := range s.companionsOf(p) {
		deliveries = append(deliveries, delivery{to: d, from: from.Phone, node: stanza.Node{
			Tag: "receipt",
			Attrs: stanza.Attrs{
				"id": stanza.Text(node, "id"), "from": from.jid(to.Server), "t": s.unixNow(), "type": stanza.Text(node, "type"),
			},
			Content: node.Content,
		}})
	}
	s.deliverLocked(&vault.Batch{}, deliveries...)
}

// retryFromDevice serves a device that could not read a message.
func (s *Server) retryFromDevice(d *companion, p *Phone, to types.JID, node *stanza.Node) {
	s.counters.add(countRetriesReceived, 1)
	if to.Device == 0 {
		p.resend(d, node)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if target := p.devices[int(to.Device)]; target != nil {
		s.deliverLocked(&vault.Batch{}, delivery{to: target, from: d.Phone, node: stanza.Node{
			Tag: "receipt",
			Attrs: stanza.Attrs{
				"id": stanza.Text(node, "id"), "from": d.jid(to.Server), "t": s.unixNow(), "type": "retry",
			},
			Content: node.Content,
		}})
	}
}

// resend encrypts a message again for a device, in a new session built from the keys the
// device sent along, or else from its bundle. The id stays.
func (p *Phone) resend(d *companion, node *stanza.Node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.byID["o/"+stanza.Text(node, "id")]
	retry, _ := stanza.Child(node, "retry")
	if m == nil || m.Retries >= maxRetries {
		return
	}
	peer := p.server.find(m.Peer)
	if peer == nil {
		return
	}
	ctx := p.server.ctx
	var b vault.Batch
	p.open(&b).Forget(d.phone.signalUser(), uint32(d.Device)) //nolint:gosec // 1 to 255
	p.sessionFromKeys(ctx, &b, d, node)
	m.Retries++
	deliveries, err := p.sealFor(ctx, &b, d, peer, m, stanza.Number(&retry, "count"))
	if err != nil {
		p.server.counters.add(countEncryptFailed, 1)
	}
	p.save(&b, m)
	p.server.deliver(&b, deliveries...)
}

// sessionFromKeys starts a session from the keys in a retry receipt, if there are any.
func (p *Phone) sessionFromKeys(ctx context.Context, b *vault.Batch, d *companion, node *stanza.Node) {
	keys, ok := stanza.Child(node, "keys")
	if !ok {
		return
	}
	signedNode, _ := stanza.Child(&keys, "skey")
	signature, _ := stanza.Child(&signedNode, "signature")
	oneTimeNode, _ := stanza.Child(&keys, "key")
	identity, _ := stanza.Child(&keys, "identity")
	signedID, signed, ok := keyOf(signedNode)
	if !ok || string(stanza.Bytes(identity)) != string(d.IdentityKey) {
		return
	}
	offer := ratchet.Bundle{
		Registration: d.Registration, Identity: [32]byte(d.IdentityKey),
		SignedID: signedID, Signed: signed, SignedSignature: stanza.Bytes(signature),
	}
	if id, public, ok := keyOf(oneTimeNode); ok {
		offer.OneTimeID, offer.OneTime = id, &public
	}
	if err := p.open(b).Start(ctx, d.phone.signalUser(), uint32(d.Device), offer); err != nil { //nolint:gosec // 1 to 255
		p.server.config.Log.DebugContext(ctx, "keys of a retry not usable", "error", err)
	}
}
