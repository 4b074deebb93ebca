package sandbox

import (
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// maxRetries is how often a phone asks for one message again.
const maxRetries = 5

// receive takes a ciphertext on the handset: known ids are only counted, new ones
// decrypted, recorded and confirmed; what cannot be read is asked for again.
func (p *Phone) receive(in incoming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offline {
		p.wait(in.waiting())
		return
	}
	s := p.server
	known := p.byID[receivedKey(in.from.Phone, in.id)]
	var b vault.Batch
	if known != nil && known.Status != StatusFailed && s.Behaviour().DropKnownIDs {
		known.Copies++
		known.arrived(Arrival{At: s.now(), Connection: in.line, Outcome: outcomeRepeated})
		s.counters.add(countDuplicates, 1)
		p.save(&b, known)
		s.deliver(&b, p.confirmCopy(in, known)...)
		return
	}
	content, err := p.decrypt(in, &b)
	if err != nil {
		s.counters.add(countDecryptFailed, 1)
		s.deliver(&b, p.undecryptable(in, known, err, &b)...)
		return
	}
	if f := p.stormy(in); f != nil {
		s.counters.add(countDecryptFailed, 1)
		s.deliver(&b, p.storm(in, known, orDefault(f.Code, 8), &b)...)
		return
	}
	if known = p.spoil(in, known); known != nil && known.Unreadable > 0 {
		known.Unreadable--
		s.counters.add(countDecryptFailed, 1)
		s.deliver(&b, p.undecryptable(in, known, errSpoilt, &b)...)
		return
	}
	s.counters.add(countDecrypted, 1)
	if in.category == "peer" || isSilent(content) {
		s.counters.add(countPeerMessages, 1)
		s.deliver(&b, p.answerPeer(in, content, &b)...)
		return
	}
	delete(p.typing, in.from.Phone)
	m := p.recordReceived(in, known, content)
	p.save(&b, m)
	s.deliver(&b, p.confirm(in, m)...)
}

// isSilent says if content carries only keys or other things no person sees.
func isSilent(content *waE2E.Message) bool {
	return content.GetSenderKeyDistributionMessage() != nil && content.Conversation == nil && content.ExtendedTextMessage == nil
}

// decrypt opens the ciphertext and, at the start of a session, checks that the sender's
// account vouches for the device. Callers hold p.mu.
func (p *Phone) decrypt(in incoming, b *vault.Batch) (*waE2E.Message, error) {
	kind, sealed := stanza.Text(&in.enc, "type"), stanza.Bytes(in.enc)
	box := p.open(b)
	if kind == ratchet.PreKeyMessage {
		if err := checkSender(box, in, sealed); err != nil {
			return nil, err
		}
	}
	if kind != ratchet.PreKeyMessage && kind != ratchet.PlainMessage {
		return nil, fmt.Errorf("ciphertext of an unknown type %q", kind)
	}
	plain, err := box.Decrypt(p.server.ctx, in.from.phone.signalUser(), uint32(in.from.Device), kind, sealed) //nolint:gosec // 1 to 255
	if err != nil {
		return nil, err
	}
	var content waE2E.Message
	if err := proto.Unmarshal(plain, &content); err != nil {
		return nil, fmt.Errorf("parse the decrypted message: %w", err)
	}
	return &content, nil
}

func checkSender(box *ratchet.Box, in incoming, sealed []byte) error {
	claimed, err := box.SenderOf(sealed)
	if err != nil {
		return err
	}
	if string(claimed[:]) != string(in.from.IdentityKey) {
		return errors.New("the session is started with another identity key than the device's")
	}
	if in.identity.Tag == "" {
		return errors.New("the first message of a session came without the device's identity")
	}
	var signed waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(stanza.Bytes(in.identity), &signed); err != nil {
		return fmt.Errorf("read the device's identity: %w", err)
	}
	if err := verifyDevice(&signed, claimed, in.from.phone.identityKey()); err != nil {
		return fmt.Errorf("check the device's identity: %w", err)
	}
	return nil
}

// recordReceived makes or completes the record of a decrypted message. What an own
// linked device sent to others is an outgoing message of this account.
func (p *Phone) recordReceived(in incoming, known *Message, content *waE2E.Message) *Message {
	at := p.server.now()
	m := known
	if m == nil {
		m = p.newReceived(in)
	} else {
		m.Copies++
	}
	m.Status, m.Error, m.DecryptedAt, m.DeliveredAt = StatusDelivered, "", &at, &at
	m.arrived(Arrival{At: at, Connection: in.line, Outcome: outcomeDecrypted})
	if in.from.phone == p {
		if sent := content.GetDeviceSentMessage(); sent != nil {
			content = sent.GetMessage()
			if jid, err := types.ParseJID(sent.GetDestinationJID()); err == nil {
				in.chat = jid
			}
		}
		if peer := p.server.byJID(in.chat); peer != nil && peer != p {
			m.Direction, m.Peer, m.Status, m.DeliveredAt = DirectionOut, peer.number, StatusSent, nil
		}
	}
	m.describe(content)
	return m
}

func (p *Phone) newReceived(in incoming) *Message {
	return &Message{
		ID: in.id, Direction: DirectionIn, Peer: in.from.Phone, Type: typeText, At: p.server.now(), Copies: 1,
		Status: StatusDelivered, Device: in.from.Device, Address: addressOf(in.chat.Server),
	}
}

// confirm tells the sender's devices that the message arrived, and was read if the
// phone reads at once. Own devices need no such receipt.
func (p *Phone) confirm(in incoming, m *Message) []delivery {
	if in.from.phone == p || p.server.faults.take(faultLoseReceipt, in.from.Phone) != nil {
		return nil
	}
	if f := p.server.faults.take(faultDelayReceipt, in.from.Phone); f != nil {
		time.AfterFunc(milliseconds(orDefault(f.Milliseconds, 1000)), func() { p.confirmLate(in, m.ID) })
		return nil
	}
	p.server.counters.add(countDelivered, 1)
	receipts := p.receipts(in.from.phone, in.chat.Server, "", m.ID)
	p.markSentBy(in.from.phone, StatusDelivered, m.ID)
	if p.server.Behaviour().AutoRead {
		at := p.server.now()
		m.Status, m.ReadAt = StatusRead, &at
		receipts = append(receipts, p.receipts(in.from.phone, in.chat.Server, "read", m.ID)...)
		p.markSentBy(in.from.phone, StatusRead, m.ID)
	}
	return receipts
}

// confirmLate is confirm after a fault's delay. The caller holds no lock.
func (p *Phone) confirmLate(in incoming, id string) {
	p.server.counters.add(countDelivered, 1)
	in.from.phone.noteReceipt(StatusDelivered, id)
	p.server.deliver(&vault.Batch{}, p.receipts(in.from.phone, in.chat.Server, "", id)...)
}

func (p *Phone) stormy(in incoming) *Fault {
	if in.from.phone == p {
		return nil
	}
	return p.server.faults.takeDirected(faultRetryStorm, in.from.Phone, DirectionOut)
}

var errSpoilt = errors.New("thrown away by a fault")

// spoil notes, the first time it comes, that a message is one that a fault has the phone not read.
func (p *Phone) spoil(in incoming, known *Message) *Message {
	if known != nil || in.from.phone == p {
		return known
	}
	f := p.server.faults.takeDirected(faultUnreadable, in.from.Phone, DirectionOut)
	if f == nil {
		return nil
	}
	m := p.newReceived(in)
	m.Unreadable, m.Copies = orDefault(f.Code, 1+maxRetries), 0
	return m
}

// storm throws away what was decrypted and asks for it again, many times at once.
func (p *Phone) storm(in incoming, m *Message, times int, b *vault.Batch) []delivery {
	all := p.undecryptable(in, m, errSpoilt, b)
	for range times - 1 {
		all = append(all, all[0])
	}
	return all
}

func (p *Phone) confirmCopy(in incoming, m *Message) []delivery {
	if in.from.phone == p || !p.server.Behaviour().RepeatReceipt {
		return nil
	}
	return p.receipts(in.from.phone, in.chat.Server, "", m.ID)
}

// markSentBy ticks the message on the sending account's own handset. It must not hold
// two phones' locks, so it runs beside.
func (p *Phone) markSentBy(sender *Phone, status string, ids ...string) {
	go sender.noteReceipt(status, ids...)
}

// receipts builds one receipt for each linked device of the account.
func (p *Phone) receipts(account *Phone, server, kind string, ids ...string) []delivery {
	attrs := stanza.Attrs{"id": ids[0], "from": p.jid(server, 0), "t": p.server.unixNow(), "type": kind}
	var content any
	if len(ids) > 1 {
		items := make([]stanza.Node, 0, len(ids)-1)
		for _, id := range ids[1:] {
			items = append(items, stanza.Node{Tag: "item", Attrs: stanza.Attrs{"id": id}})
		}
		content = []stanza.Node{{Tag: "list", Content: items}}
	}
	var all []delivery
	for _, d := range p.server.linkedDevices(account) {
		all = append(all, delivery{to: d, from: p.number, node: stanza.Node{Tag: "receipt", Attrs: attrs, Content: content}})
	}
	return all
}

// undecryptable records the failure and asks the device to send again, with the keys
// for a new session.
func (p *Phone) undecryptable(in incoming, m *Message, cause error, b *vault.Batch) []delivery {
	if m == nil {
		m = p.newReceived(in)
	} else {
		m.Copies++
	}
	m.Status, m.Error = StatusFailed, cause.Error()
	m.arrived(Arrival{At: p.server.now(), Connection: in.line, Outcome: outcomeFailed, Error: cause.Error()})
	m.Retries++
	retries := m.Retries
	p.save(b, m)
	if retries > maxRetries {
		return nil
	}
	offer, err := p.newBundle(b)
	if err != nil {
		return nil
	}
	keys := bundleContent(offer)
	p.server.counters.add(countRetriesAsked, 1)
	attrs := stanza.Attrs{"id": in.id, "from": p.jid(in.chat.Server, 0), "t": p.server.unixNow(), "type": "retry"}
	if in.from.phone == p {
		attrs["recipient"] = in.chat
	}
	return []delivery{{to: in.from, from: p.number, node: stanza.Node{
		Tag: "receipt", Attrs: attrs,
		Content: []stanza.Node{
			{Tag: "retry", Attrs: stanza.Attrs{"count": itoa(retries), "id": in.id, "t": p.server.unixNow(), "v": "1"}},
			keys[0],
			{Tag: "keys", Content: keys[1:]},
		},
	}}}
}
