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
type box struct {
	aead cipher.AEAD
	old  []cipher.AEAD // open what was sealed before the key was changed
}

// SealKeys are the deployment's: what is written is sealed with the newest, and what the others sealed still opens.
type SealKeys struct {
	Newest [32]byte
	Old    [][32]byte
}

func newBox(keys SealKeys) (box, error) {
	var b box
	for i, key := range append([][32]byte{keys.Newest}, keys.Old...) {
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return box{}, fmt.Errorf("prepare the seal: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return box{}, fmt.Errorf("prepare the seal: %w", err)
		}
		if i == 0 {
			b.aead = aead
		} else {
			b.old = append(b.old, aead)
		}
	}
	return b, nil
}

func (b box) seal(plain []byte, belongs string) []byte {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	_, _ = rand.Read(nonce) // it never fails; without randomness the program ends
	return b.aead.Seal(nonce, nonce, plain, []byte(belongs))
}

func (b box) open(sealed []byte, belongs string) ([]byte, error) {
	plain, _, err := b.openWhichever(sealed, belongs)
	return plain, err
}

// openWhichever also says whether an old key sealed it.
func (b box) openWhichever(sealed []byte, belongs string) (plain []byte, old bool, err error) {
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return nil, false, errors.New("open a seal: too short")
	}
	plain, err = b.aead.Open(nil, sealed[:n], sealed[n:], []byte(belongs))
	if err == nil {
		return plain, false, nil
	}
	for _, aead := range b.old {
		if plain, wrong := aead.Open(nil, sealed[:n], sealed[n:], []byte(belongs)); wrong == nil {
			return plain, true, nil
		}
	}
	return nil, false, fmt.Errorf("open a seal: %w", err)
}

// renew seals anew what an old key sealed; nil when there is no need.
func (b box) renew(sealed []byte, belongs string) ([]byte, error) {
	plain, old, err := b.openWhichever(sealed, belongs)
	if err != nil || !old {
		return nil, err
	}
	return b.seal(plain, belongs), nil
}

// seals keep what a device's tables hold of its keys unreadable without the deployment's seal key: who has a copy of the
// database alone cannot speak for a number. They are made with a key of the device's own, derived from the deployment's.
type seals struct{ box }

// sealMark begins a seal. What earlier versions stored in the clear is told from one by it: a session is a protocol buffer,
// which has no field 0, and a key is 32 bytes long, which no seal is.
const sealMark = "\x00sb1"

func newSeals(deployments SealKeys, w domain.WorkspaceID, jid types.JID) (seals, error) {
	own := SealKeys{Old: make([][32]byte, len(deployments.Old))}
	for i, key := range append([][32]byte{deployments.Newest}, deployments.Old...) {
		derived, err := hkdf.Key(sha256.New, key[:], nil, "device\x00"+string(w)+"\x00"+jid.String(), 32)
		if err != nil {
			return seals{}, fmt.Errorf("derive a device's key: %w", err)
		}
		if i == 0 {
			own.Newest = [32]byte(derived)
		} else {
			own.Old[i-1] = [32]byte(derived)
		}
	}
	b, err := newBox(own)
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

// renew seals anew what an old key sealed; nil when there is no need.
func (s seals) renew(stored []byte, kind string) ([]byte, error) {
	if !sealed(stored) {
		return nil, nil //nolint:nilnil // it is sealed when its device is loaded
	}
	fresh, err := s.box.renew(stored[len(sealMark):], kind)
	if err != nil || fresh == nil {
		return nil, err
	}
	return append([]byte(sealMark), fresh...), nil
}

// renewNonce is renew for the one secret in a column of text; empty when there is no need.
func (s seals) renewNonce(stored string) (string, error) {
	raw, _ := base64.StdEncoding.DecodeString(stored) // as above
	fresh, err := s.renew(raw, kindMetaNonce)
	return base64.StdEncoding.EncodeToString(fresh), err
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
