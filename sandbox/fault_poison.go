package sandbox

import (
	"context"
	"math/rand/v2"

	"google.golang.org/protobuf/encoding/protowire"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
)

// Fields of a message's protobuf.
const (
	fieldText        = 1  // conversation
	fieldEphemeral   = 40 // ephemeralMessage, a FutureProofMessage
	fieldFutureProof = 1  // its message
	fieldUnknown     = 99_999
)

// poison is a message of which a client can make nothing.
type poison struct {
	kind  string // the ciphertext's type; "" as it should be
	bytes []byte
	open  bool // the bytes are what the ciphertext decrypts to, not the ciphertext
}

// poisons are in the order of their codes.
func poisons(random *rand.Rand) []poison {
	return []poison{
		{bytes: []byte{}},
		{kind: ratchet.PlainMessage, bytes: noiseOf(random, 200)},
		{kind: ratchet.PreKeyMessage, bytes: noiseOf(random, 200)},
		{kind: "mystery", bytes: noiseOf(random, 200)},
		{open: true},
		{open: true, bytes: []byte{'x', 200}}, // padding longer than the whole
		{open: true, bytes: padded(noiseOf(random, 200))},
		{open: true, bytes: padded(field(fieldUnknown, noiseOf(random, 200)))},
		{open: true, bytes: padded(nestedMessage(1000))},
		{open: true, bytes: padded(field(fieldText, make([]byte, 4<<20)))},
	}
}

func padded(plain []byte) []byte { return append(plain, 1) }

func field(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

// nestedMessage is a message in a message in a message.
func nestedMessage(depth int) []byte {
	inner := field(fieldText, []byte("the kernel"))
	for range depth {
		inner = field(fieldEphemeral, field(fieldFutureProof, inner))
	}
	return inner
}

func noiseOf(random *rand.Rand, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.IntN(256)) //nolint:gosec // one byte
	}
	return data
}

// poison makes the ciphertext a fault wants. Callers hold p.mu.
func (p *Phone) poison(ctx context.Context, box *ratchet.Box, f *Fault, d *companion) (stanza.Node, error) {
	random := rand.New(rand.NewPCG(f.draw, 0)) //nolint:gosec // faults must be repeatable
	all := poisons(random)
	code := f.Code
	if code < 1 || code > len(all) {
		code = random.IntN(len(all)) + 1
	}
	wanted := all[code-1]
	kind, sealed, err := box.EncryptRaw(ctx, d.phone.signalUser(), uint32(d.Device), wanted.bytes) //nolint:gosec // 1 to 255
	if !wanted.open {
		sealed = wanted.bytes
	}
	if wanted.kind != "" {
		kind = wanted.kind
	}
	return stanza.Node{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": kind}, Content: sealed}, err
}
