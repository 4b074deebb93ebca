package sandbox

import (
	"strings"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
)

// usync answers who is on WhatsApp, with which devices and which LID. Every user is
// answered once, under exactly the JID that was asked for.
func usync(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	query, _ := stanza.Child(node, "usync")
	wanted, _ := stanza.Child(&query, "query")
	list, _ := stanza.Child(&query, "list")
	var users []stanza.Node
	seen := map[types.JID]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range list.GetChildren() {
		jid, byJID := stanza.Address(&asked, "jid")
		switch {
		case byJID && !seen[jid]:
			seen[jid] = true
			users = append(users, s.userByJID(c, jid, &wanted))
		case !byJID:
			users = append(users, s.userByContact(&asked, &wanted))
		}
	}
	return result(node, stanza.Node{
		Tag: "usync",
		Attrs: stanza.Attrs{
			"sid": stanza.Text(&query, "sid"), "mode": stanza.Text(&query, "mode"),
			"context": stanza.Text(&query, "context"), "index": "0", "last": "true",
		},
		Content: []stanza.Node{{Tag: "result"}, {Tag: "list", Content: users}},
	})
}

func (s *Server) userByJID(c *connection, jid types.JID, wanted *stanza.Node) stanza.Node {
	p := s.byJIDLocked(jid)
	if p == nil {
		return stanza.Node{Tag: "user", Attrs: stanza.Attrs{"jid": jid}}
	}
	var content []stanza.Node
	if _, ok := stanza.Child(wanted, "devices"); ok {
		content = append(content, s.deviceList(c, p))
	}
	if _, ok := stanza.Child(wanted, "lid"); ok && jid.Server == types.DefaultUserServer {
		content = append(content, stanza.Node{Tag: "lid", Attrs: stanza.Attrs{"val": p.jid(types.HiddenUserServer, 0)}})
	}
	return stanza.Node{Tag: "user", Attrs: stanza.Attrs{"jid": jid}, Content: content}
}

func (s *Server) deviceList(c *connection, p *Phone) stanza.Node {
	s.counters.add(countDeviceLists, 1)
	devices := []stanza.Node{{Tag: "device", Attrs: stanza.Attrs{"id": "0"}}}
	for _, d := range s.companionsOf(p) {
		if d == c.device && !s.behaviour.ListOwnDevice {
			continue
		}
		devices = append(devices, stanza.Node{
			Tag: "device", Attrs: stanza.Attrs{"id": itoa(d.Device), "key-index": itoa(d.KeyIndex)},
		})
	}
	return stanza.Node{Tag: "devices", Content: []stanza.Node{
		{Tag: "device-list", Attrs: stanza.Attrs{"hash": "2:sandbox"}, Content: devices},
	}}
}

// userByContact looks a typed number up.
func (s *Server) userByContact(asked, wanted *stanza.Node) stanza.Node {
	contact, _ := stanza.Child(asked, "contact")
	text := string(stanza.Bytes(contact))
	number, _, _ := strings.Cut(text, "@")
	p := s.phones[digits(number)]
	jid := types.NewJID(digits(number), types.DefaultUserServer)
	kind := "out"
	attrs := stanza.Attrs{"jid": jid}
	if p != nil {
		kind = "in"
		if question, ok := stanza.Child(wanted, "contact"); ok && stanza.Text(&question, "addressing_mode") == "lid" {
			attrs = stanza.Attrs{"jid": p.jid(types.HiddenUserServer, 0), "pn_jid": jid}
		}
	}
	return stanza.Node{Tag: "user", Attrs: attrs, Content: []stanza.Node{
		{Tag: "contact", Attrs: stanza.Attrs{"type": kind}, Content: []byte(text)},
	}}
}
