package noise

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"google.golang.org/protobuf/proto"
)

// pattern is exactly 32 bytes, so it is the first hash itself.
const pattern = "Noise_XX_25519_AESGCM_SHA256\x00\x00\x00\x00"

// Responder is the server's side of one Noise XX handshake.
type Responder struct {
	static    Pair
	ephemeral Pair
	chain     []byte

	hash    [32]byte
	salt    []byte
	key     cipher.AEAD
	counter uint32
}

// NewResponder starts a handshake for a client that introduced itself with intro.
func NewResponder(static Pair, chain, intro []byte) (*Responder, error) {
	ephemeral, err := NewPair()
	if err != nil {
		return nil, err
	}
	r := &Responder{static: static, ephemeral: ephemeral, chain: chain, salt: []byte(pattern)}
	copy(r.hash[:], pattern)
	if r.key, err = aead([]byte(pattern)); err != nil {
		return nil, err
	}
	r.mixHash(intro)
	return r, nil
}

// Hello takes the ClientHello and returns the ServerHello.
func (r *Responder) Hello(frame []byte) ([]byte, error) {
	var message waWa6.HandshakeMessage
	if err := proto.Unmarshal(frame, &message); err != nil {
		return nil, fmt.Errorf("parse the client's hello: %w", err)
	}
	theirs := message.GetClientHello().GetEphemeral()
	if len(theirs) != 32 {
		return nil, errors.New("the client's hello has no ephemeral key")
	}
	r.mixHash(theirs)
	r.mixHash(r.ephemeral.Public[:])
	if err := r.mixShared(r.ephemeral.Private, [32]byte(theirs)); err != nil {
		return nil, err
	}
	static := r.seal(r.static.Public[:])
	if err := r.mixShared(r.static.Private, [32]byte(theirs)); err != nil {
		return nil, err
	}
	return proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: r.ephemeral.Public[:], Static: static, Payload: r.seal(r.chain),
	}})
}

// Finish takes the ClientFinish and returns the client's static key and payload.
func (r *Responder) Finish(frame []byte) (static [32]byte, payload *waWa6.ClientPayload, err error) {
	var message waWa6.HandshakeMessage
	if err := proto.Unmarshal(frame, &message); err != nil {
		return static, nil, fmt.Errorf("parse the client's finish: %w", err)
	}
	key, err := r.open(message.GetClientFinish().GetStatic())
	if err != nil || len(key) != 32 {
		return static, nil, errors.New("the client's static key cannot be read")
	}
	static = [32]byte(key)
	if err := r.mixShared(r.ephemeral.Private, static); err != nil {
		return static, nil, err
	}
	plain, err := r.open(message.GetClientFinish().GetPayload())
	if err != nil {
		return static, nil, errors.New("the client's payload cannot be read")
	}
	payload = &waWa6.ClientPayload{}
	if err := proto.Unmarshal(plain, payload); err != nil {
		return static, nil, fmt.Errorf("parse the client's payload: %w", err)
	}
	return static, payload, nil
}

// Transport returns the ciphers for what follows the handshake.
func (r *Responder) Transport() (fromClient, toClient *Cipher, err error) {
	read, write, err := r.expand(nil)
	if err != nil {
		return nil, nil, err
	}
	in, err := aead(read)
	if err != nil {
		return nil, nil, err
	}
	out, err := aead(write)
	if err != nil {
		return nil, nil, err
	}
	return &Cipher{aead: in}, &Cipher{aead: out}, nil
}

func (r *Responder) mixHash(data []byte) {
	r.hash = sha256.Sum256(append(r.hash[:], data...))
}

func (r *Responder) mixShared(private, public [32]byte) error {
	secret, err := Shared(private, public)
	if err != nil {
		return err
	}
	salt, key, err := r.expand(secret)
	if err != nil {
		return err
	}
	r.salt, r.counter = salt, 0
	r.key, err = aead(key)
	return err
}

func (r *Responder) expand(secret []byte) (first, second []byte, err error) {
	both, err := hkdf.Key(sha256.New, secret, r.salt, "", 64)
	if err != nil {
		return nil, nil, fmt.Errorf("derive keys: %w", err)
	}
	return both[:32], both[32:], nil
}

func (r *Responder) seal(plain []byte) []byte {
	sealed := r.key.Seal(nil, nonce(r.counter), plain, r.hash[:])
	r.counter++
	r.mixHash(sealed)
	return sealed
}

func (r *Responder) open(sealed []byte) ([]byte, error) {
	plain, err := r.key.Open(nil, nonce(r.counter), sealed, r.hash[:])
	r.counter++
	if err != nil {
		return nil, err
	}
	r.mixHash(sealed)
	return plain, nil
}

// Cipher is one direction of an established transport. It is not for concurrent use:
// sealing and sending must happen in the same order.
type Cipher struct {
	aead    cipher.AEAD
	counter uint32
}

// Seal encrypts the next frame.
func (c *Cipher) Seal(plain []byte) []byte {
	sealed := c.aead.Seal(nil, nonce(c.counter), plain, nil)
	c.counter++
	return sealed
}

// Open decrypts the next frame.
func (c *Cipher) Open(sealed []byte) ([]byte, error) {
	plain, err := c.aead.Open(nil, nonce(c.counter), sealed, nil)
	c.counter++
	if err != nil {
		return nil, fmt.Errorf("decrypt a frame: %w", err)
	}
	return plain, nil
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare a cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

func nonce(counter uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], counter)
	return iv
}
