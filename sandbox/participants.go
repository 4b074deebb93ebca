package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
)

// participantHash is the hash of the devices a message should have been encrypted for, ""
// if the client left none out. Callers hold s.mu.
func (s *Server) participantHash(d *companion, to types.JID, node *stanza.Node) string {
	list, found := stanza.Child(node, "participants")
	peer := s.byJIDLocked(to)
	if !found || peer == nil || stanza.Text(node, "category") == "peer" {
		return ""
	}
	reached := map[string]bool{} // by account and device: clients mix both addresses
	for _, child := range list.GetChildrenByTag("to") {
		if jid, ok := stanza.Address(&child, "jid"); ok {
			if p := s.byJIDLocked(jid); p != nil {
				reached[companionKey(p.number, int(jid.Device))] = true
			}
		}
	}
	var wanted []string
	complete := true
	for _, p := range []*Phone{peer, d.phone} {
		for _, device := range s.deviceNumbers(p) {
			if p == d.phone && device == d.Device {
				continue
			}
			wanted = append(wanted, p.jid(to.Server, device).ADString())
			complete = complete && reached[companionKey(p.number, device)]
		}
	}
	if complete {
		return ""
	}
	s.counters.add(countPhashMismatches, 1)
	slices.Sort(wanted)
	hash := sha256.Sum256([]byte(strings.Join(slices.Compact(wanted), "")))
	return "2:" + base64.RawStdEncoding.EncodeToString(hash[:6])
}

// deviceNumbers lists the handset and the linked devices. Callers hold s.mu.
func (s *Server) deviceNumbers(p *Phone) []int {
	numbers := []int{0}
	for _, d := range s.companionsOf(p) {
		numbers = append(numbers, d.Device)
	}
	return numbers
}
