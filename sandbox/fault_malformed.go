package sandbox

import (
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
)

// sendMalformed sends stanzas that a client must survive; 0 sends every kind.
func (c *connection) sendMalformed(kind int) {
	frames := malformedFrames()
	for i := range frames {
		if kind == 0 || kind == i+1 {
			c.push(outgoing{frame: frames[i]})
		}
	}
}

// malformedFrames are, in the order of their codes: noise, a stanza cut short, a message
// without id, one without ciphertext, an unknown element, an unknown notification, and the
// answer to a question nobody asked.
func malformedFrames() [][]byte {
	from := types.NewJID("99900000000", types.DefaultUserServer)
	whole := encoded(stanza.Node{Tag: "ib", Attrs: stanza.Attrs{"from": types.ServerJID}, Content: []stanza.Node{{Tag: "offline", Attrs: stanza.Attrs{"count": "0"}}}})
	return [][]byte{
		append([]byte{0}, randomBytes(60)...),
		whole[:len(whole)/2],
		encoded(stanza.Node{Tag: "message", Attrs: stanza.Attrs{"from": from}}),
		encoded(stanza.Node{Tag: "message", Attrs: stanza.Attrs{"from": from, "id": randomText(16), "t": "1", "type": "text"}}),
		encoded(stanza.Node{Tag: "nonsense", Attrs: stanza.Attrs{"from": types.ServerJID}}),
		encoded(stanza.Node{Tag: "notification", Attrs: stanza.Attrs{"from": types.ServerJID, "id": randomText(16), "t": "1", "type": "nonsense"}}),
		encoded(stanza.Result("nobody-asked")),
	}
}

func encoded(node stanza.Node) []byte {
	frame, err := stanza.Encode(node)
	if err != nil {
		return []byte{0, 0}
	}
	return frame
}
