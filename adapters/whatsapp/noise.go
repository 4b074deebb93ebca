package whatsapp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

var errHandshake = errors.New("not a server's part of the handshake")

// frameKey derives the key WhatsApp seals frames with, from its part of the handshake (Noise XX) and both of our keys. The
// library verifies who the server is; here it only matters what it sends.
func frameKey(hello []byte, ephemeral, device keys.KeyPair) (cipher.AEAD, error) {
	var message waWa6.HandshakeMessage
	if err := proto.Unmarshal(hello, &message); err != nil {
		return nil, errHandshake
	}
	server := message.GetServerHello()
	hash := sha256.Sum256(append([]byte(socket.NoiseStartPattern), socket.WAConnHeader...))
	hash = sha256.Sum256(append(hash[:], ephemeral.Pub[:]...))
	hash = sha256.Sum256(append(hash[:], server.GetEphemeral()...))
	chain, key, err := mix([]byte(socket.NoiseStartPattern), ephemeral, server.GetEphemeral())
	if err != nil {
		return nil, err
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	static, err := aead.Open(nil, make([]byte, aead.NonceSize()), server.GetStatic(), hash[:])
	if err != nil {
		return nil, errHandshake
	}
	if chain, _, err = mix(chain, ephemeral, static); err != nil {
		return nil, err
	}
	if chain, _, err = mix(chain, device, server.GetEphemeral()); err != nil {
		return nil, err
	}
	_, key, err = expand(chain, nil)
	if err != nil {
		return nil, err
	}
	return gcm(key)
}

// mix takes a shared secret into the chain.
func mix(chain []byte, ours keys.KeyPair, theirs []byte) (next, key []byte, err error) {
	public, err := ecdh.X25519().NewPublicKey(theirs)
	if err != nil {
		return nil, nil, errHandshake
	}
	private, err := ecdh.X25519().NewPrivateKey(ours.Priv[:])
	if err != nil {
		return nil, nil, fmt.Errorf("use our key: %w", err)
	}
	secret, err := private.ECDH(public)
	if err != nil {
		return nil, nil, errHandshake
	}
	return expand(chain, secret)
}

func expand(chain, secret []byte) (next, key []byte, err error) {
	both, err := hkdf.Key(sha256.New, secret, chain, "", 64)
	if err != nil {
		return nil, nil, fmt.Errorf("derive a key: %w", err)
	}
	return both[:32], both[32:], nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare a key: %w", err)
	}
	return cipher.NewGCM(block)
}
