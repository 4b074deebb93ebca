package ratchet

import (
	"context"
	"fmt"

	"go.mau.fi/libsignal/groups"
	"go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/serialize"
)

// SealForGroup encrypts one message under a sender key made for it. It returns the key's
// introduction, which every member must get first in a message of its own, and the ciphertext.
func SealForGroup(ctx context.Context, group, user string, plain []byte) (introduction, sealed []byte, err error) {
	serializer := serialize.NewProtoBufSerializer()
	keys := &senderKeys{serializer: serializer}
	name := protocol.NewSenderKeyName(group, protocol.NewSignalAddress(user, 0))
	builder := groups.NewGroupSessionBuilder(keys, serializer)
	key, err := builder.Create(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("make a sender key: %w", err)
	}
	padded, err := pad(plain)
	if err != nil {
		return nil, nil, err
	}
	message, err := groups.NewGroupCipher(builder, name, keys).Encrypt(ctx, padded)
	if err != nil {
		return nil, nil, fmt.Errorf("encrypt for a group: %w", err)
	}
	return key.Serialize(), message.SignedSerialize(), nil
}

// senderKeys holds the one key of a message.
type senderKeys struct {
	serializer *serialize.Serializer
	key        *record.SenderKey
}

func (s *senderKeys) StoreSenderKey(_ context.Context, _ *protocol.SenderKeyName, key *record.SenderKey) error {
	s.key = key
	return nil
}

func (s *senderKeys) LoadSenderKey(context.Context, *protocol.SenderKeyName) (*record.SenderKey, error) {
	if s.key == nil {
		return record.NewSenderKey(s.serializer.SenderKeyRecord, s.serializer.SenderKeyState), nil
	}
	return s.key, nil
}
