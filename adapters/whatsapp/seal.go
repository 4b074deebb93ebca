package whatsapp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// box seals what rests in the database for a while (AES-256-GCM, random nonce in front), bound to where it belongs.
type box struct{ aead cipher.AEAD }

func newBox(key [32]byte) (box, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return box{}, fmt.Errorf("prepare the seal: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return box{}, fmt.Errorf("prepare the seal: %w", err)
	}
	return box{aead: aead}, nil
}

func (b box) seal(plain []byte, belongs string) []byte {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	_, _ = rand.Read(nonce) // it never fails; without randomness the program ends
	return b.aead.Seal(nonce, nonce, plain, []byte(belongs))
}

func (b box) open(sealed []byte, belongs string) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("open a seal: too short")
	}
	plain, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(belongs))
	if err != nil {
		return nil, fmt.Errorf("open a seal: %w", err)
	}
	return plain, nil
}
