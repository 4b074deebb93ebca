package whatsapp

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"io"
	"testing"

	"go.mau.fi/whatsmeow/util/keys"
)

// wire is what a server sent, to be read in pieces.
type wire struct{ io.Reader }

func (wire) Write(b []byte) (int, error) { return len(b), nil }
func (wire) Close() error                { return nil }

// openSieve is one whose handshake is over.
func openSieve(t *testing.T, sent []byte, refused func(string)) (*sieve, cipher.AEAD) {
	t.Helper()
	key, err := gcm(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := newSieve(*keys.NewKeyPair(), refused)
	s.ReadWriteCloser = wire{bytes.NewReader(sent)}
	s.in, s.key = bufio.NewReaderSize(s.ReadWriteCloser, 16), key
	s.release()
	return s, key
}

func nonce(n uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], n)
	return iv
}

// noiseFrame is a frame with its length in front.
func noiseFrame(sealed []byte) []byte {
	return append([]byte{byte(len(sealed) >> 16), byte(len(sealed) >> 8), byte(len(sealed))}, sealed...)
}

func websocketMessage(payload []byte) []byte {
	const first = 0x82 // binary, whole
	if len(payload) < 126 {
		return append([]byte{first, byte(len(payload))}, payload...)
	}
	return append([]byte{first, 126, byte(len(payload) >> 8), byte(len(payload))}, payload...)
}

// However WhatsApp cuts its frames into websocket messages, the library gets each in one; pings pass between them.
func TestFramesArriveWhole(t *testing.T) {
	t.Parallel()
	_, key := openSieve(t, nil, nil)
	var frames [][]byte
	var stream []byte
	for i := range uint32(3) {
		sealed := key.Seal(nil, nonce(i), message(t), nil)
		frames, stream = append(frames, sealed), append(stream, noiseFrame(sealed)...)
	}
	ping := []byte{0x89, 2, 'h', 'i'}
	for size := 1; size <= len(stream); size++ {
		var sent []byte
		for rest := stream; len(rest) > 0; {
			n := min(size, len(rest))
			sent = append(append(sent, websocketMessage(rest[:n])...), ping...)
			rest = rest[n:]
		}
		s, _ := openSieve(t, sent, func(why string) { t.Errorf("withheld: %s", why) })
		got, err := io.ReadAll(s)
		if err != nil {
			t.Fatalf("in pieces of %d: %v", size, err)
		}
		for _, f := range frames {
			whole := websocketMessage(noiseFrame(f))
			if n := bytes.Count(got, whole); n != 1 && size > 0 {
				t.Fatalf("in pieces of %d: a frame is there %d times", size, n)
			}
		}
		if n := bytes.Count(got, ping); n != (len(stream)+size-1)/size {
			t.Fatalf("in pieces of %d: %d pings", size, n)
		}
	}
}

func TestAHarmfulFrameIsReplacedAndTheNextOnesStillOpen(t *testing.T) {
	t.Parallel()
	_, key := openSieve(t, nil, nil)
	var sent []byte
	for i, plain := range [][]byte{message(t), {}, {0, 248, 1, 0}, message(t)} {
		sent = append(sent, websocketMessage(noiseFrame(key.Seal(nil, nonce(uint32(i)), plain, nil)))...)
	}
	var refused []string
	s, _ := openSieve(t, sent, func(why string) { refused = append(refused, why) })
	got, err := io.ReadAll(s)
	if err != nil || len(refused) != 2 {
		t.Fatalf("withheld %v, %v", refused, err)
	}
	for i, want := range [][]byte{message(t), {0}, {0}, message(t)} {
		head := 2
		if got[1] == 126 {
			head = 4
		}
		length := int(got[head])<<16 | int(got[head+1])<<8 | int(got[head+2])
		sealed := got[head+3 : head+3+length]
		plain, err := key.Open(nil, nonce(uint32(i)), sealed, nil)
		if err != nil || len(plain) != len(want) {
			t.Errorf("frame %d opens to %d bytes, %v", i, len(plain), err)
		}
		got = got[head+3+length:]
	}
}

func TestWhatNoServerSendsEndsTheConnection(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string][]byte{
		"a compressed message":      {0xc2, 1, 0},
		"a masked message":          {0x82, 0x81, 1, 2, 3, 4, 0},
		"a message without end":     {0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0},
		"a frame beyond the limit":  websocketMessage([]byte{0xff, 0xff, 0xff, 0}),
		"a ping longer than it may": {0x89, 126, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := openSieve(t, sent, nil)
			if got, err := io.ReadAll(s); err == nil || len(got) > 0 {
				t.Errorf("passed %x, %v", got, err)
			}
		})
	}
}
