package noise

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
)

// Pair is an X25519 key pair.
type Pair struct{ Private, Public [32]byte }

// NewPair makes a random pair.
func NewPair() (Pair, error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("generate a key pair: %w", err)
	}
	return Pair{Private: [32]byte(key.Bytes()), Public: [32]byte(key.PublicKey().Bytes())}, nil
}

// PairOf computes the public half.
func PairOf(private [32]byte) (Pair, error) {
	key, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return Pair{}, fmt.Errorf("read a private key: %w", err)
	}
	return Pair{Private: private, Public: [32]byte(key.PublicKey().Bytes())}, nil
}

// Shared is the Diffie-Hellman secret of our private and their public key.
func Shared(private, public [32]byte) ([]byte, error) {
	ours, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return nil, fmt.Errorf("read our private key: %w", err)
	}
	theirs, err := ecdh.X25519().NewPublicKey(public[:])
	if err != nil {
		return nil, fmt.Errorf("read their public key: %w", err)
	}
	secret, err := ours.ECDH(theirs)
	if err != nil {
		return nil, fmt.Errorf("agree on a secret: %w", err)
	}
	return secret, nil
}
