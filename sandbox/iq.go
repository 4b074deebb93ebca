package sandbox

import (
	"switchboard.example/sandbox/internal/stanza"
)

// handle takes one stanza of a client.
func (s *Server) handle(c *connection, node *stanza.Node) {
	switch node.Tag {
	case "iq":
		s.handleIQ(c, node)
	case "message":
		s.messageFromDevice(c, node)
	case "receipt":
		s.receiptFromDevice(c, node)
	case "ack":
		s.settle(c, stanza.Text(node, "class"), "ack", stanza.Text(node, "id"))
	case "presence":
		s.presence(c, node)
	case "chatstate":
		s.chatState(c, node)
	case "call":
		s.callFromDevice(c, node)
	case "ib":
	default:
		s.unknown(node.Tag)
	}
}

// answerIQ is how one kind of question is answered. A nil answer means that the
// function has sent it itself.
type answerIQ func(s *Server, c *connection, node *stanza.Node) *stanza.Node

func (s *Server) handleIQ(c *connection, node *stanza.Node) {
	kind := stanza.Text(node, "type")
	if kind == "result" || kind == "error" {
		c.answered(node)
		return
	}
	child := stanza.First(node)
	answer := iqAnswer(stanza.Text(node, "xmlns"), kind, child.Tag)
	if answer == nil {
		s.unknown("iq " + stanza.Text(node, "xmlns") + " " + kind + " " + child.Tag)
		answer = emptyAnswer
	}
	if reply := answer(s, c, node); reply != nil {
		c.send(*reply)
	}
}

// iqAnswer finds the answer to a question by its namespace, type and first child.
func iqAnswer(namespace, kind, child string) answerIQ {
	switch namespace + " " + kind + " " + child {
	case "encrypt get count":
		return countPreKeys
	case "encrypt set registration":
		return uploadPreKeys
	case "encrypt get key":
		return fetchPreKeys
	case "encrypt get digest":
		return digestMissing
	case "passive set active":
		return becomeActive
	case "passive set passive":
		return becomePassive
	case "usync get usync":
		return usync
	case "md set link_code_companion_reg":
		return func(s *Server, c *connection, node *stanza.Node) *stanza.Node { s.linkCode(c, node); return nil }
	case "md set remove-companion-device":
		return removeDevice
	case "privacy get privacy":
		return privacySettings
	case "w:m set media_conn":
		return mediaConn
	case "w:sync:app:state set sync":
		return appState
	case "w:mex get query":
		return mexQuery
	case "privacy set tokens":
		return takeTokens
	case "md get ref":
		return companionRef
	case "md get passkey_request_options":
		return passkeyOptions
	case "md set passkey_prologue", "md set companion_nonce", "md set encrypted_pairing_request":
		return passkeyStep
	case "blocklist get ", "blocklist get list":
		return blocklist
	case "w:p get ", "w:p get ping", "urn:xmpp:ping get ping", "abt get props", "w get props", "w set clean",
		"privacy set privacy", "encrypt set rotate", "urn:xmpp:whatsapp:push set config",
		"status set status", "urn:xmpp:whatsapp:dirty set clean", "disappearing_mode set disappearing_mode",
		"w:stats set add", "w:g2 get participating":
		return emptyAnswer
	default:
		return nil
	}
}

func result(node *stanza.Node, content ...stanza.Node) *stanza.Node {
	answer := stanza.Result(stanza.Text(node, "id"), content...)
	return &answer
}

func emptyAnswer(_ *Server, _ *connection, node *stanza.Node) *stanza.Node { return result(node) }

func digestMissing(_ *Server, _ *connection, node *stanza.Node) *stanza.Node {
	answer := stanza.Failure(stanza.Text(node, "id"), 404, "item-not-found")
	return &answer
}

func becomeActive(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.sendLocked(*result(node))
	if c.device != nil && !c.active {
		s.flushOffline(c)
		b := s.behaviour
		if !c.device.SawHistory && (b.LIDMigrated || b.ShareKeys || b.History != "") {
			go s.greetDevice(c.device, b)
		}
	}
	return nil
}

func becomePassive(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	s.mu.Lock()
	c.active = false
	s.mu.Unlock()
	return result(node)
}

func privacySettings(_ *Server, _ *connection, node *stanza.Node) *stanza.Node {
	var categories []stanza.Node
	for _, name := range []string{"readreceipts", "last", "online", "profile", "status", "groupadd", "calladd"} {
		categories = append(categories, stanza.Node{Tag: "category", Attrs: stanza.Attrs{"name": name, "value": "all"}})
	}
	return result(node, stanza.Node{Tag: "privacy", Content: categories})
}

func blocklist(_ *Server, _ *connection, node *stanza.Node) *stanza.Node {
	return result(node, stanza.Node{Tag: "list", Attrs: stanza.Attrs{"dhash": "none"}})
}

func mediaConn(s *Server, _ *connection, node *stanza.Node) *stanza.Node {
	return result(node, stanza.Node{
		Tag:     "media_conn",
		Attrs:   stanza.Attrs{"auth": "sandbox", "ttl": "3600", "auth_ttl": "3600", "max_buckets": "12"},
		Content: []stanza.Node{{Tag: "host", Attrs: stanza.Attrs{"hostname": s.Behaviour().MediaHost}}},
	})
}

func removeDevice(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	asked, _ := stanza.Child(node, "remove-companion-device")
	jid, _ := stanza.Address(&asked, "jid")
	s.mu.Lock()
	var own *Phone
	if c.device != nil {
		own = c.device.phone
	}
	s.mu.Unlock()
	if p := s.byJID(jid); p == nil || p != own {
		answer := stanza.Failure(stanza.Text(node, "id"), 403, "forbidden")
		return &answer
	}
	c.send(*result(node))
	if _, err := s.removeCompanion(own, int(jid.Device), false); err != nil {
		s.config.Log.DebugContext(s.ctx, "device not removed", "error", err)
	}
	return nil
}
