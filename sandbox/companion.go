package sandbox

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/vault"
)

// companion is a device linked to a phone. Its fields are guarded by the server's lock.
type companion struct {
	companionRecord
	phone   *Phone
	preKeys []preKey
	queue   []*queued
	conn    *connection // nil when it is offline
	held    []heldBack  // messages a fault keeps until another chat's passed them
	burned  map[uint32]bool
}

type preKey struct {
	id     uint32
	public [32]byte
}

// queued is a stanza a device has not confirmed.
type queued struct {
	queuedRecord
	sequence uint64
	sentOn   *connection // where it was last sent, if anywhere
}

func (d *companion) key() string { return companionKey(d.Phone, d.Device) }

func (d *companion) jid(server string) types.JID {
	return d.phone.jid(server, d.Device)
}

// bundle offers a session with the device, using up one of its one-time keys.
func (s *Server) bundle(d *companion, b *vault.Batch) ratchet.Bundle {
	offer := ratchet.Bundle{
		Registration: d.Registration, Identity: [32]byte(d.IdentityKey),
		SignedID: d.SignedID, Signed: [32]byte(d.Signed), SignedSignature: d.SignedSignature,
	}
	if len(d.preKeys) == 0 {
		s.counters.add(countPreKeysMissing, 1)
		return offer
	}
	key := d.preKeys[0]
	d.preKeys = d.preKeys[1:]
	b.Put(bucketPreKeys, d.key()+":"+fmt.Sprint(key.id), []byte{0}) // stays as a mark that it is used
	d.burn(key.id)
	s.counters.add(countPreKeysBurned, 1)
	offer.OneTimeID, offer.OneTime = key.id, &key.public
	return offer
}

// burn remembers that a one-time key was given out: it must never be again.
func (d *companion) burn(id uint32) {
	if d.burned == nil {
		d.burned = map[uint32]bool{}
	}
	d.burned[id] = true
}

// warnLowPreKeys tells the device when a bundle left few keys. Callers hold s.mu.
func (s *Server) warnLowPreKeys(d *companion) []delivery {
	if len(d.preKeys) != s.behaviour.LowPreKeys {
		return nil
	}
	return []delivery{preKeysLeft(d, s.unixNow())}
}

// companionsOf lists a phone's linked devices in order. Callers hold s.mu.
func (s *Server) companionsOf(p *Phone) []*companion {
	all := slices.Collect(maps.Values(p.devices))
	slices.SortFunc(all, func(a, b *companion) int { return a.Device - b.Device })
	return all
}

func (s *Server) linkedDevices(p *Phone) []*companion {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.companionsOf(p)
}

func bigEndian3(id uint32) []byte {
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], id)
	return four[1:]
}

func bigEndian4(id uint32) []byte { return binary.BigEndian.AppendUint32(nil, id) }
