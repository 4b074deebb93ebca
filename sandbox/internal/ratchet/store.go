package ratchet

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/state/record"

	"switchboard.example/sandbox/internal/noise"
)

var errUnused = errors.New("a simulated phone does not need this")

// signalStore lets libsignal work on a shelf. Trust in a peer's identity comes from
// the account signature of its device, not from this store, so all are accepted here.
type signalStore struct{ box *Box }

func (s *signalStore) GetIdentityKeyPair() *identity.KeyPair { return s.box.identity.signalPair() }
func (s *signalStore) GetLocalRegistrationID() uint32        { return s.box.identity.Registration }

func (s *signalStore) SaveIdentity(context.Context, *protocol.SignalAddress, *identity.Key) error {
	return nil
}

func (s *signalStore) IsTrustedIdentity(context.Context, *protocol.SignalAddress, *identity.Key) (bool, error) {
	return true, nil
}

func (s *signalStore) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	private, ok := s.box.shelf.OneTimeKey(id)
	if !ok {
		return nil, nil
	}
	pair, err := noise.PairOf(private)
	if err != nil {
		return nil, err
	}
	return record.NewPreKey(id, signalKeys(pair), s.box.serializer.PreKeyRecord), nil
}

func (s *signalStore) RemovePreKey(_ context.Context, id uint32) error {
	s.box.shelf.RemoveOneTimeKey(id)
	return nil
}

func (s *signalStore) StorePreKey(context.Context, uint32, *record.PreKey) error { return errUnused }

func (s *signalStore) ContainsPreKey(context.Context, uint32) (bool, error) {
	return false, errUnused
}

func (s *signalStore) LoadSession(_ context.Context, a *protocol.SignalAddress) (*record.Session, error) {
	raw := s.box.shelf.Session(a.String())
	if len(raw) == 0 {
		return record.NewSession(s.box.serializer.Session, s.box.serializer.State), nil
	}
	loaded, err := record.NewSessionFromBytes(raw, s.box.serializer.Session, s.box.serializer.State)
	if err != nil {
		return nil, fmt.Errorf("read a session: %w", err)
	}
	return loaded, nil
}

func (s *signalStore) StoreSession(_ context.Context, a *protocol.SignalAddress, r *record.Session) error {
	s.box.shelf.PutSession(a.String(), r.Serialize())
	return nil
}

func (s *signalStore) ContainsSession(_ context.Context, a *protocol.SignalAddress) (bool, error) {
	return len(s.box.shelf.Session(a.String())) > 0, nil
}

func (s *signalStore) DeleteSession(_ context.Context, a *protocol.SignalAddress) error {
	s.box.shelf.PutSession(a.String(), nil)
	return nil
}

func (s *signalStore) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errUnused
}
func (s *signalStore) DeleteAllSessions(context.Context) error { return errUnused }

func (s *signalStore) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	if id != signedPreKeyID {
		return nil, nil
	}
	return s.box.identity.signedRecord(s.box.serializer), nil
}

func (s *signalStore) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errUnused
}

func (s *signalStore) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errUnused
}

func (s *signalStore) ContainsSignedPreKey(context.Context, uint32) (bool, error) {
	return false, errUnused
}
func (s *signalStore) RemoveSignedPreKey(context.Context, uint32) error { return errUnused }
