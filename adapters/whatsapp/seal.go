package whatsapp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
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

// seals keep what a device's tables hold of its keys unreadable without the deployment's seal key: who has a copy of the
// database alone cannot speak for a number. They are made with a key of the device's own, derived from the deployment's.
type seals struct{ box }

// sealMark begins a seal. What earlier versions stored in the clear is told from one by it: a session is a protocol buffer,
// which has no field 0, and a key is 32 bytes long, which no seal is.
const sealMark = "\x00sb1"

func newSeals(key [32]byte, w domain.WorkspaceID, jid types.JID) (seals, error) {
	own, err := hkdf.Key(sha256.New, key[:], nil, "device\x00"+string(w)+"\x00"+jid.String(), 32)
	if err != nil {
		return seals{}, fmt.Errorf("derive a device's key: %w", err)
	}
	b, err := newBox([32]byte(own))
	return seals{box: b}, err
}

// close seals a value; kind says what it is, and nothing else opens as that. Nothing stays nothing.
func (s seals) close(plain []byte, kind string) []byte {
	if len(plain) == 0 {
		return plain
	}
	return append([]byte(sealMark), s.seal(plain, kind)...)
}

// reveal opens a value of a table. One that an earlier version stored in the clear is returned as it is.
func (s seals) reveal(stored []byte, kind string) ([]byte, error) {
	if !sealed(stored) {
		return stored, nil
	}
	return s.open(stored[len(sealMark):], kind)
}

func sealed(stored []byte) bool {
	return len(stored) > 32 && bytes.HasPrefix(stored, []byte(sealMark))
}

// closeNonce and revealNonce are for the one secret in a column of text.
func (s seals) closeNonce(plain string) string {
	if plain == "" {
		return ""
	}
	return base64.StdEncoding.EncodeToString(s.close([]byte(plain), kindMetaNonce))
}

func (s seals) revealNonce(stored string) (string, error) {
	raw, _ := base64.StdEncoding.DecodeString(stored) // what was never sealed need not be of this form
	if !sealed(raw) {
		return stored, nil
	}
	plain, err := s.reveal(raw, kindMetaNonce)
	return string(plain), err
}
