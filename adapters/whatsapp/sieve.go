package whatsapp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
)

// A sieve reads what WhatsApp sends before the library does. The library unpacks and decodes frames in a goroutine that
// recovers nothing: an empty frame, a node whose tag is no word, a frame split at the wrong byte, a few bytes that inflate
// to gigabytes or nest a million deep would each end the process with every workspace in it. We make the ephemeral key of
// the handshake, so the sieve can derive the key of the frames too, open each one, and try it where a panic is caught. A
// frame that does no harm passes untouched. A harmful one is replaced by an empty stanza sealed under the same key and
// counter, which the library drops with a warning; the connection lives on.
type sieve struct {
	io.ReadWriteCloser
	ephemeral, device keys.KeyPair
	refused           func(why string)
	room              func() error // asked before each frame after the handshake; an error ends the connection

	in      *bufio.Reader
	pending bytes.Buffer // of frames that are not whole yet
	out     []byte       // for the library
	text    bool         // the message being read is text, which WhatsApp never sends
	key     cipher.AEAD  // nil during the handshake
	counter uint32

	ready  chan struct{} // closed when the handshake is over
	closed chan struct{}
	once   sync.Once
	ended  atomic.Bool // the library was told that nothing more comes
}

type sieveKey struct{}

// sieving makes the next websocket dialled under the context be read through s.
func sieving(ctx context.Context, s *sieve) context.Context {
	return context.WithValue(ctx, sieveKey{}, s)
}

func newSieve(device keys.KeyPair, refused func(string)) *sieve {
	return &sieve{
		ephemeral: *keys.NewKeyPair(), device: device, refused: refused,
		ready: make(chan struct{}), closed: make(chan struct{}),
	}
}

// release lets through what came after the server's part of the handshake, once the library has made its own.
func (s *sieve) release() { close(s.ready) }

// Close ends the connection without good-bye.
func (s *sieve) Close() error {
	s.once.Do(func() { close(s.closed) })
	if s.ReadWriteCloser == nil {
		return nil // never upgraded
	}
	return s.ReadWriteCloser.Close()
}

// sieveTransport puts the request's sieve between the library and the upgraded connection.
type sieveTransport struct{ http.RoundTripper }

var (
	errCompressed = errors.New("the server compresses websocket messages, which was not asked for")
	errNotUpgrade = errors.New("the upgraded connection cannot be written to")
)

// RoundTrip also keeps compression off: it costs megabytes per connection and would let a few bytes become many.
func (t sieveTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Sec-WebSocket-Extensions")
	response, err := t.RoundTripper.RoundTrip(r)
	s, ok := r.Context().Value(sieveKey{}).(*sieve)
	if err != nil || !ok || response.StatusCode != http.StatusSwitchingProtocols {
		return response, err
	}
	upgraded, ok := response.Body.(io.ReadWriteCloser)
	if !ok || response.Header.Get("Sec-WebSocket-Extensions") != "" {
		_ = response.Body.Close()
		if ok {
			return nil, errCompressed
		}
		return nil, errNotUpgrade
	}
	s.ReadWriteCloser, s.in = upgraded, bufio.NewReaderSize(upgraded, 1024)
	response.Body = s
	return response, nil
}

// over says that the library knows, or is about to learn, that the connection ended.
func (s *sieve) over() bool {
	select {
	case <-s.closed:
		return true
	default:
		return s.ended.Load()
	}
}

// Read gives the library whole frames, each in a websocket message of its own. After the first one nothing passes before the
// handshake is over, no good-bye and no error either: who closes the library's socket at the moment when the handshake ends
// closes it unnoticed, and the library would tell nobody.
func (s *sieve) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		answered := s.key != nil
		err := s.advance()
		if answered {
			<-s.ready
		}
		if err != nil {
			s.ended.Store(true)
			return 0, err
		}
	}
	n := copy(p, s.out)
	if s.out = s.out[n:]; len(s.out) == 0 {
		s.out = nil
	}
	return n, nil
}

const (
	opText    = 1
	opBinary  = 2
	opControl = 8 // and above
	opClose   = 8

	frameHeader = socket.FrameLengthSize
	frameMost   = socket.FrameMaxSize - 16 // the library reads no longer message
)

var (
	errWebsocket = errors.New("not a websocket frame of a server")
	errTooLong   = errors.New("a frame longer than any the library takes")
)

// advance reads one websocket frame.
func (s *sieve) advance() error {
	var head [10]byte
	if _, err := io.ReadFull(s.in, head[:2]); err != nil {
		return err
	}
	op, length, extra := head[0]&0x0f, uint64(head[1]&0x7f), 0
	switch length {
	case 126:
		extra = 2
	case 127:
		extra = 8
	}
	if _, err := io.ReadFull(s.in, head[2:2+extra]); err != nil {
		return err
	}
	switch extra {
	case 2:
		length = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		length = binary.BigEndian.Uint64(head[2:])
	}
	switch {
	case head[0]&0x70 != 0, head[1]&0x80 != 0:
		return errWebsocket // compressed or masked
	case op >= opControl:
		if op == opClose {
			s.ended.Store(true)
		}
		return s.control(head[:2], length)
	case length > frameMost:
		return errTooLong
	case op == opText, op == opBinary:
		s.text = op == opText
	}
	if s.text {
		_, err := io.CopyN(io.Discard, s.in, int64(length))
		return err
	}
	if _, err := io.CopyN(&s.pending, s.in, int64(length)); err != nil {
		return err
	}
	return s.frames()
}

// control passes pings and good-byes on as they are.
func (s *sieve) control(head []byte, length uint64) error {
	if length > 125 {
		return errWebsocket
	}
	s.out = append(s.out, head...)
	at := len(s.out)
	s.out = append(s.out, make([]byte, length)...)
	_, err := io.ReadFull(s.in, s.out[at:])
	return err
}

// frames passes on what is whole.
func (s *sieve) frames() error {
	for s.pending.Len() >= frameHeader {
		b := s.pending.Bytes()
		length := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		if length > frameMost {
			return errTooLong
		}
		if len(b) < frameHeader+length {
			return nil
		}
		sealed, err := s.sift(b[frameHeader : frameHeader+length])
		if err != nil {
			return err
		}
		s.emit(sealed)
		s.pending.Next(frameHeader + length)
	}
	if s.pending.Len() == 0 && s.pending.Cap() > 4096 {
		s.pending = bytes.Buffer{} // one long frame must not be paid for by an idle connection
	}
	return nil
}

// sift returns the frame the library shall have. The first one is the server's part of the handshake.
func (s *sieve) sift(sealed []byte) ([]byte, error) {
	if s.key == nil {
		var err error
		s.key, err = frameKey(sealed, s.ephemeral, s.device)
		return sealed, err
	}
	select {
	case <-s.ready:
	case <-s.closed:
		return nil, io.ErrClosedPipe
	}
	if s.room != nil {
		if err := s.room(); err != nil {
			s.refused("overload")
			return nil, err
		}
	}
	var nonce [12]byte
	binary.BigEndian.PutUint32(nonce[8:], s.counter)
	s.counter++
	plain, err := s.key.Open(nil, nonce[:], sealed, nil)
	if err != nil {
		return sealed, nil //nolint:nilerr // the library counts it too, says so, and goes on
	}
	if why := harm(plain); why != "" {
		s.refused(why)
		return s.key.Seal(nil, nonce[:], []byte{0}, nil), nil
	}
	return sealed, nil
}

func (s *sieve) emit(frame []byte) {
	n := frameHeader + len(frame)
	switch {
	case n < 126:
		s.out = append(s.out, 0x80|opBinary, byte(n))
	case n < 1<<16:
		s.out = append(s.out, 0x80|opBinary, 126, byte(n>>8), byte(n)) //nolint:gosec // bytes of a length
	default:
		s.out = append(s.out, 0x80|opBinary, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)) //nolint:gosec // bytes of a length
	}
	s.out = append(s.out, byte(len(frame)>>16), byte(len(frame)>>8), byte(len(frame))) //nolint:gosec // bytes of a length
	s.out = append(s.out, frame...)
}
