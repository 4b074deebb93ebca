package sandbox

import (
	"math/rand/v2"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
)

// The codes of malformed stanzas that are sent only when asked for by code: what a library
// does with them may concern its whole process.
const (
	malformedHuge = 10
	malformedDeep = 11
)

// sendMalformed sends stanzas that a client must survive; 0 sends every kind but the monsters.
func (c *connection) sendMalformed(kind int, seed uint64) {
	switch kind {
	case malformedHuge:
		c.push(outgoing{frame: hugeFrame()})
		return
	case malformedDeep:
		c.push(outgoing{frame: nestedFrame(3 << 20)})
		return
	}
	frames := malformedFrames(rand.New(rand.NewPCG(seed, 0))) //nolint:gosec // faults must be repeatable
	for i := range frames {
		if kind == 0 || kind == i+1 {
			c.push(outgoing{frame: frames[i]})
		}
	}
}

// malformedFrames are, in the order of their codes: noise, a stanza cut short, a message
// without id, one without ciphertext, an unknown element, an unknown notification, the
// answer to a question nobody asked, one of these with bytes changed, and a stanza nested
// a thousand deep.
func malformedFrames(random *rand.Rand) [][]byte {
	from := types.NewJID("99900000000", types.DefaultUserServer)
	whole := encoded(stanza.Node{Tag: "ib", Attrs: stanza.Attrs{"from": types.ServerJID}, Content: []stanza.Node{{Tag: "offline", Attrs: stanza.Attrs{"count": "0"}}}})
	frames := [][]byte{
		append([]byte{0}, noiseOf(random, 60)...),
		whole[:len(whole)/2],
		encoded(stanza.Node{Tag: "message", Attrs: stanza.Attrs{"from": from}}),
		encoded(stanza.Node{Tag: "message", Attrs: stanza.Attrs{"from": from, "id": randomText(16), "t": "1", "type": "text"}}),
		encoded(stanza.Node{Tag: "nonsense", Attrs: stanza.Attrs{"from": types.ServerJID}}),
		encoded(stanza.Node{Tag: "notification", Attrs: stanza.Attrs{"from": types.ServerJID, "id": randomText(16), "t": "1", "type": "nonsense"}}),
		encoded(stanza.Result("nobody-asked")),
	}
	damaged := append([]byte(nil), frames[2+random.IntN(5)]...)
	for range 1 + random.IntN(4) {
		damaged[1+random.IntN(len(damaged)-1)] = byte(random.IntN(256)) //nolint:gosec // one byte
	}
	return append(frames, damaged, nestedFrame(1000))
}

// nestedFrame is a stanza in a stanza in a stanza, written by hand: each level is a list of
// two, a tag and a list of one.
func nestedFrame(depth int) []byte {
	const list, tag = 248, 20
	frame := []byte{0}
	for range depth {
		frame = append(frame, list, 2, tag, list, 1)
	}
	return append(frame, list, 1, tag)
}

// hugeFrame is about as large as a frame can be.
func hugeFrame() []byte {
	from := types.NewJID("99900000000", types.DefaultUserServer)
	return encoded(stanza.Node{
		Tag: "message", Attrs: stanza.Attrs{"from": from, "id": randomText(16), "t": "1", "type": "text"},
		Content: []stanza.Node{{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": "msg"}, Content: make([]byte, 15<<20)}},
	})
}

func encoded(node stanza.Node) []byte {
	frame, err := stanza.Encode(node)
	if err != nil {
		return []byte{0, 0}
	}
	return frame
}
