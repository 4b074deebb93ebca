package sandbox

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// The ways a message can reach an account besides a chat of two.
const (
	ThroughGroup   = "group"
	ThroughStatus  = "status"
	ThroughChannel = "channel"
)

// broadcast sends a text that reaches the peer's devices through a group both are in, as
// a status update, or through a channel the peer follows. The phone keeps no record of it:
// it is not part of a chat.
func (p *Phone) broadcast(ctx context.Context, peer *Phone, o Outgoing, m *Message) (Message, error) {
	plain, err := proto.Marshal(&waE2E.Message{Conversation: new(o.Text)})
	if err != nil {
		return Message{}, fmt.Errorf("marshal a message: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var b vault.Batch
	var deliveries []delivery
	for _, d := range p.server.linkedDevices(peer) {
		made, err := p.broadcastTo(ctx, &b, d, o.Through, m, plain)
		if err != nil {
			return Message{}, err
		}
		deliveries = append(deliveries, made...)
	}
	p.server.counters.add(countGroupMessages, 1)
	return *m, p.server.vault.Wait(ctx, p.server.deliver(&b, deliveries...))
}

func (p *Phone) broadcastTo(ctx context.Context, b *vault.Batch, d *companion, through string, m *Message, plain []byte) ([]delivery, error) {
	attrs := stanza.Attrs{"id": m.ID, "t": fmt.Sprint(m.At.Unix()), "type": "text", "notify": p.Name()}
	if through == ThroughChannel {
		attrs["from"], attrs["server_id"] = types.NewJID("120363"+p.lid, types.NewsletterServer), "100"
		return []delivery{{to: d, from: p.number, node: stanza.Node{
			Tag: "message", Attrs: attrs, Content: []stanza.Node{{Tag: "plaintext", Content: plain}},
		}}}, nil
	}
	chat := p.groupWith(d.phone)
	if through == ThroughStatus {
		chat = types.StatusBroadcastJID
	}
	attrs["from"], attrs["participant"] = chat, p.jid(types.HiddenUserServer, 0)
	attrs["addressing_mode"], attrs["participant_pn"] = "lid", p.jid(types.DefaultUserServer, 0)
	more, err := p.ensureSession(ctx, b, d)
	if err != nil {
		return nil, err
	}
	introduction, sealed, err := ratchet.SealForGroup(ctx, chat.String(), p.signalUser(), plain)
	if err != nil {
		return nil, err
	}
	key, err := proto.Marshal(&waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{
		GroupID: new(chat.String()), AxolotlSenderKeyDistributionMessage: introduction,
	}})
	if err != nil {
		return nil, fmt.Errorf("marshal a sender key: %w", err)
	}
	kind, sealedKey, err := p.open(b).Encrypt(ctx, d.phone.signalUser(), uint32(d.Device), key) //nolint:gosec // 1 to 255
	if err != nil {
		return nil, err
	}
	return append(more, delivery{to: d, from: p.number, node: stanza.Node{Tag: "message", Attrs: attrs, Content: []stanza.Node{
		{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": kind}, Content: sealedKey},
		{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": "skmsg"}, Content: sealed},
	}}}), nil
}

// groupWith is the one group two accounts share.
func (p *Phone) groupWith(peer *Phone) types.JID {
	return types.NewJID("120363"+min(p.lid, peer.lid), types.GroupServer)
}
