package sandbox

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// Device describes a linked device.
type Device struct {
	Device   int    `json:"device"`
	JID      string `json:"jid"`
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Method   string `json:"method"` // "qr", "code" or "passkey"
	// Code is what phone and device show to be compared, in the answer to a passkey pairing only.
	Code     string    `json:"code,omitempty"`
	Online   bool      `json:"online"`
	Visible  bool      `json:"visible"` // shows itself online to others
	LinkedAt time.Time `json:"linkedAt"`
	LastSeen time.Time `json:"lastSeen"`
	Queued   int       `json:"queued"`  // stanzas it has not confirmed
	PreKeys  int       `json:"preKeys"` // one-time keys it has left
}

// Devices lists the phone's linked devices.
func (p *Phone) Devices() []Device {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	all := []Device{}
	for _, d := range p.server.companionsOf(p) {
		all = append(all, describeDevice(d))
	}
	return all
}

func (s *Server) describeDevice(d *companion) Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	return describeDevice(d)
}

func describeDevice(d *companion) Device {
	return Device{
		Device: d.Device, JID: d.jid(types.DefaultUserServer).String(), Name: d.Name, Platform: d.Platform,
		Method: d.Method, Online: d.conn != nil && d.conn.active,
		Visible: d.conn != nil && d.conn.available, LinkedAt: d.LinkedAt, LastSeen: d.LastSeen,
		Queued: len(d.queue), PreKeys: len(d.preKeys),
	}
}

// Unlink removes a linked device as its owner does on the handset; 0 removes all. A
// device that is online is told, another learns it when it logs in.
func (p *Phone) Unlink(ctx context.Context, device int) error {
	devices := []int{device}
	if device == 0 {
		devices = nil
		for _, d := range p.Devices() {
			devices = append(devices, d.Device)
		}
	}
	for _, n := range devices {
		ticket, err := p.server.removeCompanion(p, n, true)
		if err != nil {
			return err
		}
		if err := p.server.vault.Wait(ctx, ticket); err != nil {
			return fmt.Errorf("store the unlinking: %w", err)
		}
	}
	return nil
}

// removeCompanion forgets a device and all that waits for it.
func (s *Server) removeCompanion(p *Phone, device int, tell bool) (vault.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := p.devices[device]
	if d == nil {
		return 0, refuse(statusNotFound, fmt.Sprintf("This phone has no linked device %d.", device))
	}
	var b vault.Batch
	b.Delete(bucketCompanions, d.key())
	for _, key := range d.preKeys {
		b.Delete(bucketPreKeys, fmt.Sprintf("%s:%d", d.key(), key.id))
	}
	for id := range d.burned {
		b.Delete(bucketPreKeys, fmt.Sprintf("%s:%d", d.key(), id))
	}
	for _, q := range d.queue {
		b.Delete(bucketQueue, sequenceKey(d.key(), q.sequence))
	}
	delete(s.companions, d.key())
	delete(p.devices, device)
	d.queue, d.preKeys = nil, nil
	s.counters.add(countUnlinked, 1)
	ticket := s.deliverLocked(&b, s.deviceListChanged(p, d)...)
	if c := d.conn; c != nil {
		c.device, d.conn = nil, nil
		if tell {
			c.sendLast(conflict("device_removed", "401"), s.behaviour.CloseLag)
		} else {
			c.push(outgoing{end: &ending{lag: milliseconds(s.behaviour.CloseLag)}})
		}
	}
	s.hub.publish(p.number, "devices")
	return ticket, nil
}

// deviceListChanged tells the account's other devices to forget the list they cached.
// Callers hold s.mu.
func (s *Server) deviceListChanged(p *Phone, changed *companion) []delivery {
	var all []delivery
	for _, d := range s.companionsOf(p) {
		if d == changed {
			continue
		}
		for _, server := range []string{types.DefaultUserServer, types.HiddenUserServer} {
			all = append(all, delivery{to: d, node: stanza.Node{
				Tag: "notification",
				Attrs: stanza.Attrs{
					"from": p.jid(server, 0), "type": "devices", "id": randomText(12), "t": s.unixNow(),
				},
				Content: []stanza.Node{{
					Tag: "update", Attrs: stanza.Attrs{"device_hash": "2:sandbox"},
					Content: []stanza.Node{{Tag: "device", Attrs: stanza.Attrs{"jid": changed.jid(server)}}},
				}},
			}})
		}
	}
	return all
}
