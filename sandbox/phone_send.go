package sandbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// Send sends a text from the phone to a number, or to the phone's own (self-chat).
// It returns once the server holds the message durably.
func (p *Phone) Send(ctx context.Context, to, text string) (Message, error) {
	return p.SendMessage(ctx, Outgoing{To: to, Text: text})
}

// SendMessage is Send for everything a message can be.
func (p *Phone) SendMessage(ctx context.Context, o Outgoing) (Message, error) {
	peer := p.server.find(o.To)
	if peer == nil {
		return Message{}, refuse(statusNotFound, "There is no phone with the number "+o.To+" here. Make it first.")
	}
	if p.server.find(p.number) != p {
		return Message{}, refuse(statusGone, "This phone has another number now.")
	}
	if p.Offline() {
		return Message{}, refuse(statusConflict, "This phone is offline.")
	}
	content, m, err := p.compose(o, peer)
	if err != nil {
		return Message{}, err
	}
	if o.Through != "" {
		return p.broadcast(ctx, peer, o, m)
	}
	lost := peer != p && p.server.faults.takeDirected(faultLoseMessage, peer.number, DirectionIn) != nil
	sent, ticket, err := p.dispatch(ctx, peer, m, content, lost)
	if err != nil {
		return Message{}, err
	}
	p.server.counters.add(countSentByPhones, 1)
	p.giveToken(peer)
	if peer != p && !lost {
		peer.mirror(p, sent)
	}
	return sent, p.server.vault.Wait(ctx, ticket)
}

// compose builds the content and the record of an outgoing message.
func (p *Phone) compose(o Outgoing, peer *Phone) (*waE2E.Message, *Message, error) {
	m := &Message{
		ID: o.ID, Direction: DirectionOut, Peer: peer.number, Type: o.Type, Text: o.Text, At: p.server.now(),
		Status: StatusSent, Copies: 1, Address: o.Address, Target: o.Target,
	}
	if m.ID == "" {
		m.ID = "3EB0" + strings.ToUpper(hexOf(randomBytes(9)))
	}
	if m.Type == "" {
		m.Type = typeText
	}
	if m.Address == "" {
		m.Address = addressPhone
	}
	if m.Address != addressPhone && m.Address != addressLID {
		return nil, nil, refuse(statusUnprocessable, `The address is "phone" or "lid".`)
	}
	if o.Through != "" && o.Through != ThroughGroup && o.Through != ThroughStatus && o.Through != ThroughChannel {
		return nil, nil, refuse(statusUnprocessable, `A message goes through a "group", a "status" or a "channel".`)
	}
	content, err := p.content(o, m, peer)
	return content, m, err
}

// dispatch records the message, encrypts it for every device concerned and queues it.
func (p *Phone) dispatch(ctx context.Context, peer *Phone, m *Message, content *waE2E.Message, lost bool) (Message, vault.Ticket, error) {
	plain, err := proto.Marshal(content)
	if err != nil {
		return Message{}, 0, fmt.Errorf("marshal a message: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byID[p.key(m)] != nil {
		return Message{}, 0, refuse(statusConflict, "This phone has sent a message with that id already.")
	}
	m.plain = plain
	var b vault.Batch
	var deliveries []delivery
	if !lost {
		deliveries = p.seal(ctx, &b, peer, m)
	}
	if peer == p {
		m.Status = StatusDelivered
	}
	p.save(&b, m)
	return *m, p.server.deliver(&b, deliveries...), nil
}

// seal encrypts for the peer's linked devices and for the own ones. Callers hold p.mu.
func (p *Phone) seal(ctx context.Context, b *vault.Batch, peer *Phone, m *Message) []delivery {
	var deliveries []delivery
	recipients := p.server.linkedDevices(p)
	if peer != p {
		recipients = append(p.server.linkedDevices(peer), recipients...)
	}
	for _, d := range recipients {
		made, err := p.sealFor(ctx, b, d, peer, m, 0)
		if err != nil {
			p.server.config.Log.WarnContext(ctx, "phone could not encrypt", "error", err)
			p.server.counters.add(countEncryptFailed, 1)
			continue
		}
		deliveries = append(deliveries, made...)
	}
	return deliveries
}

// sealFor encrypts one message for one device; retry is the count of a resend, 0 for
// the first time. Callers hold p.mu.
func (p *Phone) sealFor(ctx context.Context, b *vault.Batch, d *companion, peer *Phone, m *Message, retry int) ([]delivery, error) {
	more, err := p.ensureSession(ctx, b, d)
	if err != nil {
		return nil, err
	}
	plain := m.plain
	if d.phone == p {
		if plain, err = deviceSent(plain, peer.jid(serverOf(m.Address), 0)); err != nil {
			return nil, err
		}
	}
	enc, err := p.sealOne(ctx, b, d, plain)
	if err != nil {
		return nil, err
	}
	if retry > 0 {
		enc.Attrs["count"] = itoa(retry)
	}
	if m.Media != nil {
		enc.Attrs["mediatype"] = m.Type
	}
	made := delivery{to: d, from: p.number, node: stanza.Node{Tag: "message", Attrs: p.envelope(d, peer, m), Content: []stanza.Node{enc}}}
	deliveries := append(more, made)
	if peer != p && d.phone == peer {
		if f := p.server.faults.takeDirected(faultDuplicate, d.Phone, DirectionIn); f != nil {
			deliveries = append(deliveries, slices.Repeat([]delivery{made}, orDefault(f.Code, 2)-1)...)
		}
	}
	return deliveries, nil
}

// sealOne is the ciphertext for a device, or what a fault makes of it. Callers hold p.mu.
func (p *Phone) sealOne(ctx context.Context, b *vault.Batch, d *companion, plain []byte) (stanza.Node, error) {
	box := p.open(b)
	if f := p.server.faults.takeDirected(faultPoison, d.Phone, DirectionIn); f != nil {
		return p.poison(ctx, box, f, d)
	}
	kind, sealed, err := box.Encrypt(ctx, d.phone.signalUser(), uint32(d.Device), plain) //nolint:gosec // 1 to 255
	if err != nil {
		return stanza.Node{}, err
	}
	if p.server.faults.takeDirected(faultUndecryptable, d.Phone, DirectionIn) != nil {
		sealed[len(sealed)-1] ^= 0xff
	}
	return stanza.Node{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": kind}, Content: sealed}, nil
}

// ensureSession starts a session with the device if there is none.
func (p *Phone) ensureSession(ctx context.Context, b *vault.Batch, d *companion) ([]delivery, error) {
	box := p.open(b)
	if box.Has(d.phone.signalUser(), uint32(d.Device)) { //nolint:gosec // 1 to 255
		return nil, nil
	}
	s := p.server
	s.mu.Lock()
	var burned vault.Batch
	offer := s.bundle(d, &burned)
	s.vault.Submit(&burned)
	warning := s.warnLowPreKeys(d)
	s.mu.Unlock()
	return warning, box.Start(ctx, d.phone.signalUser(), uint32(d.Device), offer) //nolint:gosec // 1 to 255
}

// envelope is the message's attributes for one device: addressed by phone number or by
// LID, with the other one beside it.
func (p *Phone) envelope(d *companion, peer *Phone, m *Message) stanza.Attrs {
	server, other := serverOf(m.Address), otherServer(serverOf(m.Address))
	attrs := stanza.Attrs{
		"id": m.ID, "t": fmt.Sprint(m.At.Unix()), "type": stanzaType(m), "notify": p.Name(),
		"from": p.jid(server, 0),
	}
	if edit := editAttribute(m.Type); edit != "" {
		attrs["edit"] = edit
	}
	if d.phone == p {
		attrs["recipient"] = peer.jid(server, 0)
		attrs["peer_recipient_"+short(other)] = peer.jid(other, 0)
		return attrs
	}
	attrs["addressing_mode"] = short(server)
	attrs["sender_"+short(other)] = p.jid(other, 0)
	return attrs
}

// deviceSent wraps a message the own account sent for the account's other devices.
func deviceSent(plain []byte, to types.JID) ([]byte, error) {
	var inner waE2E.Message
	if err := proto.Unmarshal(plain, &inner); err != nil {
		return nil, fmt.Errorf("read back a message: %w", err)
	}
	wrapped, err := proto.Marshal(&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
		DestinationJID: new(to.String()), Message: &inner,
	}})
	if err != nil {
		return nil, fmt.Errorf("wrap a message: %w", err)
	}
	return wrapped, nil
}

// mirror shows the message on the receiving account's own handset. It needs no
// encryption: both phones live in this process.
func (p *Phone) mirror(from *Phone, sent Message) {
	p.mu.Lock()
	if p.offline {
		p.wait(waitingRecord{From: from.number, Mirror: &sent})
		p.mu.Unlock()
		return
	}
	at := p.server.now()
	m := &Message{
		ID: sent.ID, Direction: DirectionIn, Peer: from.number, Type: sent.Type, Text: sent.Text, At: sent.At,
		Status: StatusDelivered, Copies: 1, Address: sent.Address, Target: sent.Target, Media: sent.Media, Quote: sent.Quote,
		DecryptedAt: &at, DeliveredAt: &at,
	}
	delete(p.typing, from.number)
	var b vault.Batch
	if p.byID[p.key(m)] == nil {
		p.save(&b, m)
	}
	p.server.vault.Submit(&b)
	p.mu.Unlock()
	if len(p.server.linkedDevices(p)) == 0 {
		from.noteReceipt(StatusDelivered, sent.ID)
	}
}
