package sandbox

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math/rand/v2"
	"slices"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
)

// sendHostile sends so many frames that no honest server sends, made from the fault's seed.
func (c *connection) sendHostile(order Fault) {
	random := rand.New(rand.NewPCG(order.Seed, 1)) //nolint:gosec // faults must be repeatable
	for range orDefault(order.Code, 1) {
		c.push(outgoing{frame: hostileFrame(random)})
	}
}

// hostileFrame is one frame, opened, that may do anything but unlink: damaged bytes, a damaged tree, or one of the shapes
// that are known to hurt decoders.
func hostileFrame(random *rand.Rand) []byte {
	if shapes := hostileShapes(); random.IntN(20) == 0 {
		return shapes[random.IntN(len(shapes))]()
	}
	stanzas := hostileStanzas(random)
	node := stanzas[random.IntN(len(stanzas))]
	for range 1 + random.IntN(3) {
		damageNode(random, &node)
	}
	frame := encoded(node)
	if random.IntN(2) == 0 {
		frame = damageBytes(random, frame)
	}
	return frame
}

// Bytes of the wire's grammar.
const (
	listOf8, listOf16, pair, packed = 248, 249, 250, 255
)

// hostileShapes are frames that hurt by their build.
func hostileShapes() []func() []byte {
	nested := func(levels int) []byte {
		return append([]byte{0}, bytes.Repeat([]byte{listOf8, 2, 5, listOf8, 1}, levels)...)
	}
	return []func() []byte{
		func() []byte { return nil },
		func() []byte { return []byte{0} },
		func() []byte { return []byte{0, listOf8, 1, 0} },                      // a tag that is nothing
		func() []byte { return []byte{0, listOf8, 1, pair, 0, pair, 0, 5, 5} }, // a server that is an address
		func() []byte { return []byte{0, listOf8, 1, packed, 0x80} },           // half a digit of none
		func() []byte { return nested(200_000) },
		func() []byte { return append([]byte{0}, bytes.Repeat([]byte{pair}, 1<<18)...) },
		func() []byte {
			return append([]byte{0}, bytes.Repeat([]byte{listOf8, 2, 5, listOf16, 0xff, 0xff}, 2000)...) // much room for little
		},
		func() []byte { return deflated(make([]byte, 17<<20)) },
		func() []byte { return deflated(bytes.Repeat([]byte{listOf8, 2, 5, listOf8, 1}, 1<<16)) },
	}
}

func deflated(plain []byte) []byte {
	out := bytes.NewBuffer([]byte{2})
	w := zlib.NewWriter(out)
	_, _ = w.Write(plain) // into memory
	_ = w.Close()
	return out.Bytes()
}

// hostileStanzas are what a server could send; none of them ends the link by itself.
func hostileStanzas(random *rand.Rand) []stanza.Node {
	from, id := types.NewJID("99900000000", types.DefaultUserServer), seededText(random)
	content := func() []byte { return seededBytes(random, 1+random.IntN(80)) }
	enc := func(kind string) stanza.Node {
		return stanza.Node{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": kind}, Content: content()}
	}
	note := func(kind string, inside ...stanza.Node) stanza.Node {
		attrs := stanza.Attrs{"from": from, "id": id, "t": "1", "type": kind}
		return stanza.Node{Tag: "notification", Attrs: attrs, Content: inside}
	}
	message := stanza.Attrs{"from": from, "id": id, "t": "1", "type": "text", "notify": "x"}
	child := func(tag string, attrs stanza.Attrs) stanza.Node {
		return stanza.Node{Tag: tag, Attrs: attrs, Content: content()}
	}
	return []stanza.Node{
		{Tag: "message", Attrs: message, Content: []stanza.Node{enc("pkmsg")}},
		{Tag: "message", Attrs: message, Content: []stanza.Node{enc("msg"), enc("skmsg")}},
		{Tag: "message", Attrs: message, Content: []stanza.Node{child("unavailable", stanza.Attrs{"type": "view_once"})}},
		{Tag: "message", Attrs: message, Content: []stanza.Node{child("plaintext", nil)}},
		{Tag: "receipt", Attrs: stanza.Attrs{"from": from, "id": id, "t": "1", "type": "retry"}, Content: []stanza.Node{
			child("retry", stanza.Attrs{"count": "1", "id": id, "t": "1", "v": "1"}), child("registration", nil), child("keys", nil),
		}},
		{Tag: "receipt", Attrs: stanza.Attrs{"from": from, "id": id, "t": "1", "type": "read"}, Content: []stanza.Node{child("list", nil)}},
		{Tag: "call", Attrs: stanza.Attrs{"from": from, "id": id, "t": "1"}, Content: []stanza.Node{child("offer", stanza.Attrs{"call-id": id})}},
		{Tag: "chatstate", Attrs: stanza.Attrs{"from": from}, Content: []stanza.Node{child("composing", nil)}},
		{Tag: "presence", Attrs: stanza.Attrs{"from": from, "type": "unavailable", "last": "deny"}},
		{Tag: "ib", Attrs: stanza.Attrs{"from": types.ServerJID}, Content: []stanza.Node{child("offline_preview", stanza.Attrs{"count": "x"})}},
		{Tag: "ib", Attrs: stanza.Attrs{"from": types.ServerJID}, Content: []stanza.Node{child("dirty", stanza.Attrs{"type": "account_sync"})}},
		{Tag: "iq", Attrs: stanza.Attrs{"from": types.ServerJID, "type": "set"}, Content: []stanza.Node{child("pair-success", nil)}},
		{Tag: "iq", Attrs: stanza.Attrs{"from": types.ServerJID, "id": id, "type": "set"}, Content: []stanza.Node{child("pair-device", nil)}},
		{Tag: "iq", Attrs: stanza.Attrs{"from": types.ServerJID, "id": id, "xmlns": "urn:xmpp:ping", "type": "get"}},
		note("encrypt", child("count", stanza.Attrs{"value": "x"})),
		note("encrypt", child("identity", nil)),
		note("server_sync", child("collection", stanza.Attrs{"name": "regular", "version": "x"})),
		note("account_sync", child("devices", stanza.Attrs{"dhash": "x"})),
		note("account_sync", child("privacy", nil)),
		note("devices", child("add", stanza.Attrs{"device_hash": "x"})),
		note("devices", child("update", nil)),
		note("w:gp2", child("create", nil)),
		note("picture", child("set", stanza.Attrs{"jid": from})),
		note("mediaretry", child("encrypt", nil)),
		note("privacy_token", child("tokens", nil)),
		note("link_code_companion_reg", child("link_code_companion_reg", stanza.Attrs{"stage": "primary_hello"})),
		note("newsletter", child("live_updates", nil)),
		note("mex", child("update", stanza.Attrs{"op_name": "NotificationUserReachoutTimelockUpdate"})),
		note("status", child("set", nil)),
		note("crsc_continuation", child("crsc_continuation", nil)),
	}
}

// damageNode makes one thing of a tree wrong.
func damageNode(random *rand.Rand, node *stanza.Node) {
	if children, ok := node.Content.([]stanza.Node); ok && len(children) > 0 && random.IntN(2) == 0 {
		children = slices.Clone(children)
		damageNode(random, &children[random.IntN(len(children))])
		node.Content = children
		return
	}
	switch random.IntN(5) {
	case 0:
		node.Content = nil
	case 1:
		node.Content = seededBytes(random, random.IntN(40))
	case 2:
		node.Content = []stanza.Node{{Tag: node.Tag, Attrs: node.Attrs}}
	default:
		damageAttributes(random, node)
	}
}

func damageAttributes(random *rand.Rand, node *stanza.Node) {
	attrs := stanza.Attrs{}
	for k, v := range node.Attrs {
		switch random.IntN(6) {
		case 0: // gone
		case 1:
			attrs[k] = types.NewJID(seededText(random), "x")
		case 2:
			attrs[k] = "-1"
		case 3:
			attrs[k] = ""
		default:
			attrs[k] = v
		}
	}
	node.Attrs = attrs
}

// damageBytes changes, removes or doubles a few bytes behind the first.
func damageBytes(random *rand.Rand, frame []byte) []byte {
	for range 1 + random.IntN(4) {
		if len(frame) < 2 {
			return frame
		}
		at := 1 + random.IntN(len(frame)-1)
		switch random.IntN(4) {
		case 0:
			frame[at] = byte(random.IntN(256)) //nolint:gosec // a byte
		case 1:
			frame[at] = byte(236 + random.IntN(20)) //nolint:gosec // a byte; lists, addresses, dictionaries
		case 2:
			frame = slices.Delete(frame, at, min(len(frame), at+1+random.IntN(4)))
		case 3:
			frame = slices.Insert(frame, at, frame[at])
		}
	}
	return frame
}

func seededBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.IntN(256)) //nolint:gosec // a byte
	}
	return b
}

func seededText(random *rand.Rand) string { return fmt.Sprintf("%016X", random.Uint64()) }
