package sandbox

import (
	"context"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// Reinstall gives the phone a new identity, as installing the app again does: its linked
// devices are removed and its sessions gone, its messages stay. With notify the devices
// it has talked with are told.
func (p *Phone) Reinstall(ctx context.Context, notify bool) error {
	if err := p.Unlink(ctx, 0); err != nil {
		return err
	}
	identity, err := ratchet.NewIdentity()
	if err != nil {
		return err
	}
	ticket := p.replaceIdentity(identity, notify)
	return p.server.vault.Wait(ctx, ticket)
}

func (p *Phone) replaceIdentity(identity ratchet.Identity, notify bool) vault.Ticket {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b vault.Batch
	for address := range p.sessions {
		b.Delete(bucketSessions, p.number+"|"+address)
	}
	for id := range p.oneTime {
		b.Delete(bucketOneTime, oneTimeKey(p.number, id))
	}
	p.sessions, p.oneTime = map[string][]byte{}, map[uint32][32]byte{}
	peers := p.peers()
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	p.record.Identity = identity
	put(&b, bucketPhones, p.number, p.record)
	var told []delivery
	if notify {
		told = s.identityChanged(p, peers)
	}
	return s.deliverLocked(&b, told...)
}

// peers lists the numbers the phone has talked with. Callers hold p.mu.
func (p *Phone) peers() map[string]bool {
	peers := map[string]bool{}
	for _, m := range p.messages {
		peers[m.Peer] = true
	}
	return peers
}

func (s *Server) identityChanged(p *Phone, peers map[string]bool) []delivery {
	var all []delivery
	for number := range peers {
		peer := s.phones[number]
		if peer == nil {
			continue
		}
		for _, d := range s.companionsOf(peer) {
			all = append(all, delivery{to: d, node: stanza.Node{
				Tag: "notification",
				Attrs: stanza.Attrs{
					"from": p.jid(types.DefaultUserServer, 0), "type": "encrypt", "id": randomText(12), "t": s.unixNow(),
				},
				Content: []stanza.Node{{Tag: "identity"}},
			}})
		}
	}
	return all
}
