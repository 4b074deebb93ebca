package ratchet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/util/optional"
)

// The two kinds of ciphertext, as the enc element's type attribute names them.
const (
	PreKeyMessage = "pkmsg" // starts a session
	PlainMessage  = "msg"   // continues one
)

// Shelf keeps a phone's sessions and one-time keys. Sessions are opaque bytes.
type Shelf interface {
	Session(address string) []byte
	PutSession(address string, session []byte)
	OneTimeKey(id uint32) (private [32]byte, ok bool)
	RemoveOneTimeKey(id uint32)
}

// Box encrypts and decrypts for one phone. Calls must not overlap.
type Box struct {
	identity   Identity
	shelf      Shelf
	serializer *serialize.Serializer
}

// NewBox opens a phone's box.
func NewBox(i Identity, shelf Shelf) *Box {
	return &Box{identity: i, shelf: shelf, serializer: serialize.NewProtoBufSerializer()}
}

// Has says if there is a session with the peer device.
func (b *Box) Has(user string, device uint32) bool {
	return len(b.shelf.Session(protocol.NewSignalAddress(user, device).String())) > 0
}

// Forget drops the session with the peer device.
func (b *Box) Forget(user string, device uint32) {
	b.shelf.PutSession(protocol.NewSignalAddress(user, device).String(), nil)
}

// Start begins a session with the peer device from its bundle.
func (b *Box) Start(ctx context.Context, user string, device uint32, bundle Bundle) error {
	if len(bundle.SignedSignature) != 64 {
		return errors.New("the bundle's signed key has no signature")
	}
	oneTimeID := optional.NewEmptyUint32()
	var oneTime ecc.ECPublicKeyable
	if bundle.OneTime != nil {
		oneTimeID, oneTime = optional.NewOptionalUint32(bundle.OneTimeID), ecc.NewDjbECPublicKey(*bundle.OneTime)
	}
	signal := prekey.NewBundle(bundle.Registration, device, oneTimeID, bundle.SignedID, oneTime,
		ecc.NewDjbECPublicKey(bundle.Signed), [64]byte(bundle.SignedSignature),
		identity.NewKey(ecc.NewDjbECPublicKey(bundle.Identity)))
	builder, _ := b.open(user, device)
	if err := builder.ProcessBundle(ctx, signal); err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	return nil
}

// Encrypt pads and encrypts for the peer device; there must be a session.
func (b *Box) Encrypt(ctx context.Context, user string, device uint32, plain []byte) (kind string, sealed []byte, err error) {
	padded, err := pad(plain)
	if err != nil {
		return "", nil, err
	}
	return b.EncryptRaw(ctx, user, device, padded)
}

// EncryptRaw is Encrypt without padding.
func (b *Box) EncryptRaw(ctx context.Context, user string, device uint32, padded []byte) (kind string, sealed []byte, err error) {
	_, cipher := b.open(user, device)
	message, err := cipher.Encrypt(ctx, padded)
	if err != nil {
		return "", nil, fmt.Errorf("encrypt: %w", err)
	}
	kind = PlainMessage
	if message.Type() == protocol.PREKEY_TYPE {
		kind = PreKeyMessage
	}
	return kind, message.Serialize(), nil
}

// Decrypt opens what the peer device sent and takes the padding off.
func (b *Box) Decrypt(ctx context.Context, user string, device uint32, kind string, sealed []byte) (plain []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			plain, err = nil, fmt.Errorf("the ciphertext broke the parser: %v", r)
		}
	}()
	_, cipher := b.open(user, device)
	if kind == PreKeyMessage {
		message, err := b.parse(sealed)
		if err != nil {
			return nil, err
		}
		plain, err = cipher.DecryptMessage(ctx, message)
		if err != nil {
			return nil, fmt.Errorf("decrypt the first message of a session: %w", err)
		}
		return unpad(plain)
	}
	message, err := protocol.NewSignalMessageFromBytes(sealed, b.serializer.SignalMessage)
	if err != nil {
		return nil, fmt.Errorf("parse a message: %w", err)
	}
	plain, err = cipher.Decrypt(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("decrypt a message: %w", err)
	}
	return unpad(plain)
}

// SenderOf reads the identity key that a session-starting ciphertext claims.
func (b *Box) SenderOf(sealed []byte) (public [32]byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the ciphertext broke the parser: %v", r)
		}
	}()
	message, err := b.parse(sealed)
	if err != nil {
		return public, err
	}
	return message.IdentityKey().PublicKey().PublicKey(), nil
}

func (b *Box) parse(sealed []byte) (*protocol.PreKeySignalMessage, error) {
	message, err := protocol.NewPreKeySignalMessageFromBytes(sealed, b.serializer.PreKeySignalMessage, b.serializer.SignalMessage)
	if err != nil {
		return nil, fmt.Errorf("parse the first message of a session: %w", err)
	}
	return message, nil
}

func (b *Box) open(user string, device uint32) (*session.Builder, *session.Cipher) {
	address := protocol.NewSignalAddress(user, device)
	s := &signalStore{box: b}
	builder := session.NewBuilder(s, s, s, s, address, b.serializer)
	return builder, session.NewCipher(builder, address)
}

// pad appends n bytes of value n, 1 to 15.
func pad(plain []byte) ([]byte, error) {
	var random [1]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("draw the padding: %w", err)
	}
	n := random[0]%15 + 1
	padded := append([]byte(nil), plain...)
	for range n {
		padded = append(padded, n)
	}
	return padded, nil
}

func unpad(plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, errors.New("the plaintext is empty")
	}
	n := int(plain[len(plain)-1])
	if n == 0 || n > 16 || n > len(plain) {
		return nil, errors.New("the plaintext has no proper padding")
	}
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return nil, errors.New("the plaintext has no proper padding")
		}
	}
	return plain[:len(plain)-n], nil
}
