package postgres

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// newAEAD is AES-256-GCM; the key has 32 bytes.
func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("a key has 32 bytes, not %d", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts and binds to context. The random nonce comes first.
func seal(key cipher.AEAD, plain, context []byte) []byte {
	sealed := make([]byte, key.NonceSize(), key.NonceSize()+len(plain)+key.Overhead())
	_, _ = rand.Read(sealed) // it never fails; without randomness the program is ended
	return key.Seal(sealed, sealed, plain, context)
}

func open(key cipher.AEAD, sealed, context []byte) ([]byte, error) {
	if len(sealed) < key.NonceSize() {
		return nil, errors.New("sealed text is too short")
	}
	return key.Open(nil, sealed[:key.NonceSize()], sealed[key.NonceSize():], context)
}
