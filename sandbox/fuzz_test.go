package sandbox

import (
	"context"
	"testing"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/stanza"
)

// FuzzHandle gives the server whatever a logged-in device, or one that is being linked,
// might send: it must stay up, whatever that is.
func FuzzHandle(f *testing.F) {
	s, linked, linking := fuzzed(f)
	for _, node := range conversation() {
		data, err := stanza.Encode(node)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		for _, cut := range []int{1, 2, 3} {
			f.Add(data[:len(data)-len(data)*cut/4])
		}
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		node, err := stanza.Decode(data)
		if err != nil {
			return
		}
		for _, c := range []*connection{linked, linking} {
			s.noteReceived(c, node)
			s.handle(c, node)
			c.out.take()
		}
	})
}

// fuzzed is a server with a device that is linked and one that is not, both without sockets.
func fuzzed(f *testing.F) (s *Server, linked, linking *connection) {
	f.Helper()
	s, err := Start(context.Background(), Config{Addr: "127.0.0.1:0", DataDir: f.TempDir(), NoSync: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	shop, err := s.Phone("2348010000001", "Shop")
	if err != nil {
		f.Fatal(err)
	}
	if _, err := s.Phone("2348020000001", "Ada"); err != nil {
		f.Fatal(err)
	}
	key, err := noise.NewPair()
	if err != nil {
		f.Fatal(err)
	}
	socketless := func() *connection {
		ctx, cancel := context.WithCancel(s.ctx)
		f.Cleanup(cancel)
		return &connection{server: s, ctx: ctx, cancel: cancel, out: outbox{wake: make(chan struct{}, 1)}, answers: map[string]chan *stanza.Node{}}
	}
	linked, linking = socketless(), socketless()
	d := &companion{phone: shop, conn: linked, companionRecord: companionRecord{
		Phone: shop.number, Device: 1, KeyIndex: 1, IdentityKey: key.Public[:], Signed: key.Public[:], SignedSignature: make([]byte, 64),
	}}
	s.mu.Lock()
	s.adopt(d)
	linked.device, linked.active = d, true
	linking.registration = &registration{
		finish: make(chan *stanza.Node, 1<<16), passkey: &passkeyExchange{challenge: randomBytes(32), ref: "4@X", steps: make(chan stanza.Node, 1)},
	}
	s.mu.Unlock()
	linked.book.open(s.journal, shop.lid, 1, 1)
	return s, linked, linking
}

// conversation has one of everything clients send.
func conversation() []stanza.Node {
	ada, server := types.NewJID("2348020000001", types.DefaultUserServer), types.ServerJID
	iq := func(namespace, kind string, child stanza.Node) stanza.Node {
		return stanza.Node{Tag: "iq", Attrs: stanza.Attrs{"id": "1", "to": server, "type": kind, "xmlns": namespace}, Content: []stanza.Node{child}}
	}
	key := func(tag string) stanza.Node {
		return stanza.Node{Tag: tag, Content: []stanza.Node{{Tag: "id", Content: []byte{0, 0, 1}}, {Tag: "value", Content: make([]byte, 32)}, {Tag: "signature", Content: make([]byte, 64)}}}
	}
	enc := stanza.Node{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": "pkmsg"}, Content: []byte{0x33, 8, 1, 18, 33, 5, 1, 2, 3}}
	return []stanza.Node{
		iq("encrypt", "get", stanza.Node{Tag: "count"}),
		iq("encrypt", "get", stanza.Node{Tag: "key", Content: []stanza.Node{{Tag: "user", Attrs: stanza.Attrs{"jid": ada}}}}),
		{Tag: "iq", Attrs: stanza.Attrs{"id": "2", "to": server, "type": "set", "xmlns": "encrypt"}, Content: []stanza.Node{
			{Tag: "registration", Content: []byte{0, 0, 0, 1}},
			{Tag: "type", Content: []byte{5}},
			{Tag: "identity", Content: make([]byte, 32)},
			{Tag: "list", Content: []stanza.Node{key("key")}},
			key("skey"),
		}},
		iq("passive", "set", stanza.Node{Tag: "active"}), iq("passive", "set", stanza.Node{Tag: "passive"}), iq("w:p", "get", stanza.Node{Tag: "ping"}),
		iq("usync", "get", stanza.Node{Tag: "usync", Attrs: stanza.Attrs{"sid": "1"}, Content: []stanza.Node{
			{Tag: "query", Content: []stanza.Node{{Tag: "devices"}, {Tag: "lid"}, {Tag: "contact"}}},
			{Tag: "list", Content: []stanza.Node{{Tag: "user", Attrs: stanza.Attrs{"jid": ada}}, {Tag: "user", Content: []stanza.Node{{Tag: "contact", Content: []byte("+2348020000001")}}}}},
		}}),
		iq("md", "set", stanza.Node{Tag: "remove-companion-device", Attrs: stanza.Attrs{"jid": ada}}),
		iq("md", "set", stanza.Node{Tag: "link_code_companion_reg", Attrs: stanza.Attrs{"stage": "companion_hello", "jid": ada}, Content: []stanza.Node{
			{Tag: "link_code_pairing_wrapped_companion_ephemeral_pub", Content: make([]byte, 80)}, {Tag: "companion_server_auth_key_pub", Content: make([]byte, 32)},
		}}),
		iq("md", "set", stanza.Node{Tag: "link_code_companion_reg", Attrs: stanza.Attrs{"stage": "companion_finish"}}),
		iq("md", "get", stanza.Node{Tag: "ref"}), iq("md", "get", stanza.Node{Tag: "passkey_request_options"}),
		iq("md", "set", stanza.Node{Tag: "passkey_prologue", Content: []stanza.Node{{Tag: "prologue_payload", Content: []byte{1}}}}),
		iq("privacy", "get", stanza.Node{Tag: "privacy"}), iq("w:mex", "get", stanza.Node{Tag: "query"}), iq("w:m", "set", stanza.Node{Tag: "media_conn"}),
		iq("privacy", "set", stanza.Node{Tag: "tokens", Content: []stanza.Node{{Tag: "token", Attrs: stanza.Attrs{"jid": ada, "t": "1", "type": "trusted_contact"}}}}),
		iq("w:sync:app:state", "set", stanza.Node{Tag: "sync", Content: []stanza.Node{{Tag: "collection", Attrs: stanza.Attrs{"name": "regular"}}}}),
		iq("w:sync:app:state", "set", stanza.Node{Tag: "sync", Content: []stanza.Node{{
			Tag: "collection", Attrs: stanza.Attrs{"name": "regular", "version": "-1"}, Content: []stanza.Node{{Tag: "patch", Content: []byte{10, 2, 8, 1}}},
		}}}),
		{Tag: "call", Attrs: stanza.Attrs{"id": "C1", "to": ada}, Content: []stanza.Node{{Tag: "reject", Attrs: stanza.Attrs{"call-id": "C2"}}}},
		{Tag: "message", Attrs: stanza.Attrs{"id": "M1", "to": ada, "type": "text"}, Content: []stanza.Node{enc, {Tag: "tctoken", Content: []byte{1}}}},
		{Tag: "message", Attrs: stanza.Attrs{"id": "M2", "to": ada, "type": "text"}, Content: []stanza.Node{
			{Tag: "participants", Content: []stanza.Node{{Tag: "to", Attrs: stanza.Attrs{"jid": ada}, Content: []stanza.Node{enc}}}},
			{Tag: "device-identity", Content: []byte{10, 2, 8, 1}},
		}},
		{Tag: "receipt", Attrs: stanza.Attrs{"id": "M3", "to": ada, "type": "retry"}, Content: []stanza.Node{
			{Tag: "retry", Attrs: stanza.Attrs{"count": "1", "id": "M3"}}, {Tag: "keys", Content: []stanza.Node{{Tag: "identity", Content: make([]byte, 32)}, key("skey"), key("key")}},
		}},
		{Tag: "receipt", Attrs: stanza.Attrs{"id": "M4", "to": ada}, Content: []stanza.Node{{Tag: "list", Content: []stanza.Node{{Tag: "item", Attrs: stanza.Attrs{"id": "M5"}}}}}},
		{Tag: "ack", Attrs: stanza.Attrs{"id": "M6", "class": "receipt", "to": ada}},
		{Tag: "presence", Attrs: stanza.Attrs{"type": "available"}},
		{Tag: "chatstate", Attrs: stanza.Attrs{"to": ada}, Content: []stanza.Node{{Tag: "composing"}}},
		{Tag: "ib", Content: []stanza.Node{{Tag: "offline_batch", Attrs: stanza.Attrs{"count": "100"}}}},
	}
}
