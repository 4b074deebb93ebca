package ratchet

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/state/record"

	"switchboard.example/sandbox/internal/noise"
)

// signedPreKeyID is the id of the one signed prekey a phone keeps.
const signedPreKeyID = 1

// Identity is what makes a phone itself: made at install, new after a reinstall.
type Identity struct {
	Registration uint32
	Key          noise.Pair
	Signed       noise.Pair
}

// NewIdentity makes a random identity.
func NewIdentity() (Identity, error) {
	var random [4]byte
	if _, err := rand.Read(random[:]); err != nil {
		return Identity{}, fmt.Errorf("draw a registration id: %w", err)
	}
	key, err := noise.NewPair()
	if err != nil {
		return Identity{}, err
	}
	signed, err := noise.NewPair()
	if err != nil {
		return Identity{}, err
	}
	return Identity{Registration: binary.BigEndian.Uint32(random[:])%16380 + 1, Key: key, Signed: signed}, nil
}

// Sign makes an XEdDSA signature with a private key.
func Sign(private [32]byte, parts ...[]byte) []byte {
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(private), join(parts))
	return signature[:]
}

// Verify checks an XEdDSA signature.
func Verify(public [32]byte, signature []byte, parts ...[]byte) bool {
	if len(signature) != 64 {
		return false
	}
	return ecc.VerifySignature(ecc.NewDjbECPublicKey(public), join(parts), [64]byte(signature))
}

func join(parts [][]byte) (all []byte) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// Bundle is what a peer needs to start a session with a device.
type Bundle struct {
	Registration    uint32
	Identity        [32]byte
	SignedID        uint32
	Signed          [32]byte
	SignedSignature []byte
	OneTimeID       uint32
	OneTime         *[32]byte // nil when the device's one-time keys are used up
}

// Bundle offers a session with this phone, using one of its one-time keys.
func (i Identity) Bundle(oneTimeID uint32, oneTime [32]byte) Bundle {
	return Bundle{
		Registration: i.Registration, Identity: i.Key.Public,
		SignedID: signedPreKeyID, Signed: i.Signed.Public,
		SignedSignature: Sign(i.Key.Private, []byte{ecc.DjbType}, i.Signed.Public[:]),
		OneTimeID:       oneTimeID, OneTime: &oneTime,
	}
}

func (i Identity) signalPair() *identity.KeyPair {
	return identity.NewKeyPair(
		identity.NewKey(ecc.NewDjbECPublicKey(i.Key.Public)), ecc.NewDjbECPrivateKey(i.Key.Private))
}

func (i Identity) signedRecord(s *serialize.Serializer) *record.SignedPreKey {
	signature := Sign(i.Key.Private, []byte{ecc.DjbType}, i.Signed.Public[:])
	return record.NewSignedPreKey(signedPreKeyID, 0, signalKeys(i.Signed), [64]byte(signature), s.SignedPreKeyRecord)
}

func signalKeys(pair noise.Pair) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(pair.Public), ecc.NewDjbECPrivateKey(pair.Private))
}
