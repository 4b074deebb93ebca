package sandboxtest

import (
	"context"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// Memory keeps a whatsmeow device in memory. It outlives the client that uses it, as a
// database would.
type Memory struct {
	store.NoopStore

	mu         sync.Mutex
	identities map[string][32]byte
	sessions   map[string][]byte
	preKeys    map[uint32]*keys.PreKey
	uploaded   map[uint32]bool
	nextKey    uint32
	lids       map[string]types.JID // by phone number
	numbers    map[string]types.JID // by LID
	buffered   map[[32]byte]*store.BufferedEvent
	outgoing   map[string][]byte
	tokens     map[types.JID]store.PrivacyToken
	senderKeys map[string][]byte
	state      appState
}

// NewDevice makes an unregistered device with its keys.
func NewDevice() *store.Device {
	m := &Memory{
		identities: map[string][32]byte{}, sessions: map[string][]byte{},
		preKeys: map[uint32]*keys.PreKey{}, uploaded: map[uint32]bool{}, nextKey: 1,
		lids: map[string]types.JID{}, numbers: map[string]types.JID{},
		buffered: map[[32]byte]*store.BufferedEvent{}, outgoing: map[string][]byte{},
		tokens: map[types.JID]store.PrivacyToken{}, senderKeys: map[string][]byte{},
	}
	identity := keys.NewKeyPair()
	secret := keys.NewKeyPair().Priv
	device := &store.Device{
		NoiseKey: keys.NewKeyPair(), IdentityKey: identity, SignedPreKey: identity.CreateSignedPreKey(1),
		RegistrationID: rand.Uint32(), AdvSecretKey: secret[:], Container: m, LIDs: m, //nolint:gosec // an id
	}
	device.SetAllStores(m)
	return device
}

// PutIdentity keeps a peer's identity key.
func (m *Memory) PutIdentity(_ context.Context, address string, key [32]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identities[address] = key
	return nil
}

// DeleteIdentity forgets it.
func (m *Memory) DeleteIdentity(_ context.Context, address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.identities, address)
	return nil
}

// DeleteAllIdentities forgets those of all of a user's devices.
func (m *Memory) DeleteAllIdentities(_ context.Context, user string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for address := range m.identities {
		if strings.HasPrefix(address, user+":") {
			delete(m.identities, address)
		}
	}
	return nil
}

// IsTrustedIdentity trusts a key that is new or known.
func (m *Memory) IsTrustedIdentity(_ context.Context, address string, key [32]byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.identities[address]
	return !ok || known == key, nil
}

// GetSession returns a Signal session or nil.
func (m *Memory) GetSession(_ context.Context, address string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[address], nil
}

// HasSession says if there is one.
func (m *Memory) HasSession(_ context.Context, address string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[address] != nil, nil
}

// GetManySessions returns an entry for every address, nil where there is no session.
func (m *Memory) GetManySessions(_ context.Context, addresses []string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string][]byte{}
	for _, address := range addresses {
		found[address] = m.sessions[address]
	}
	return found, nil
}

// PutSession keeps a session.
func (m *Memory) PutSession(_ context.Context, address string, session []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[address] = session
	return nil
}

// PutManySessions keeps several.
func (m *Memory) PutManySessions(_ context.Context, sessions map[string][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.sessions, sessions)
	return nil
}

// DeleteSession forgets one.
func (m *Memory) DeleteSession(_ context.Context, address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, address)
	return nil
}

// DeleteAllSessions forgets those with all of a user's devices.
func (m *Memory) DeleteAllSessions(_ context.Context, user string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for address := range m.sessions {
		if strings.HasPrefix(address, user+":") {
			delete(m.sessions, address)
		}
	}
	return nil
}

// MigratePNToLID moves sessions and identities from a number's addresses to the LID's.
func (m *Memory) MigratePNToLID(_ context.Context, pn, lid types.JID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for address, session := range m.sessions {
		if device, ok := strings.CutPrefix(address, pn.SignalAddressUser()+":"); ok {
			m.sessions[lid.SignalAddressUser()+":"+device] = session
			delete(m.sessions, address)
		}
	}
	for address, key := range m.identities {
		if device, ok := strings.CutPrefix(address, pn.SignalAddressUser()+":"); ok {
			m.identities[lid.SignalAddressUser()+":"+device] = key
			delete(m.identities, address)
		}
	}
	return nil
}

// GetOrGenPreKeys returns keys that were not uploaded yet, making what is missing.
func (m *Memory) GetOrGenPreKeys(_ context.Context, count uint32) ([]*keys.PreKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var fresh []*keys.PreKey
	for id, key := range m.preKeys {
		if !m.uploaded[id] && len(fresh) < int(count) {
			fresh = append(fresh, key)
		}
	}
	for len(fresh) < int(count) {
		fresh = append(fresh, m.generate())
	}
	return fresh, nil
}

// GenOnePreKey makes a key for a retry receipt.
func (m *Memory) GenOnePreKey(context.Context) (*keys.PreKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := m.generate()
	m.uploaded[key.KeyID] = true
	return key, nil
}

func (m *Memory) generate() *keys.PreKey {
	key := keys.NewPreKey(m.nextKey)
	m.preKeys[key.KeyID] = key
	m.nextKey++
	return key
}

// GetPreKey returns a key or nil.
func (m *Memory) GetPreKey(_ context.Context, id uint32) (*keys.PreKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.preKeys[id], nil
}

// RemovePreKey forgets a used key.
func (m *Memory) RemovePreKey(_ context.Context, id uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.preKeys, id)
	delete(m.uploaded, id)
	return nil
}

// MarkPreKeysAsUploaded remembers what the server has.
func (m *Memory) MarkPreKeysAsUploaded(_ context.Context, upTo uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.preKeys {
		if id <= upTo {
			m.uploaded[id] = true
		}
	}
	return nil
}

// UploadedPreKeyCount counts them. It starts at one so that a new device uploads 50 keys
// and not 812: pairing in tests is then quick.
func (m *Memory) UploadedPreKeyCount(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(len(m.uploaded), 1), nil
}

// PutLIDMapping learns which LID a number has.
func (m *Memory) PutLIDMapping(_ context.Context, lid, pn types.JID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lids[pn.User] = lid.ToNonAD()
	m.numbers[lid.User] = pn.ToNonAD()
	return nil
}

// PutManyLIDMappings learns several.
func (m *Memory) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	for _, mapping := range mappings {
		if err := m.PutLIDMapping(ctx, mapping.LID, mapping.PN); err != nil {
			return err
		}
	}
	return nil
}

// GetLIDForPN returns the LID of a number's device, or an empty one.
func (m *Memory) GetLIDForPN(_ context.Context, pn types.JID) (types.JID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return withDevice(m.lids[pn.User], pn.Device), nil
}

// GetPNForLID returns the number of a LID's device, or an empty one.
func (m *Memory) GetPNForLID(_ context.Context, lid types.JID) (types.JID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return withDevice(m.numbers[lid.User], lid.Device), nil
}

// GetManyLIDsForPNs returns those that are known.
func (m *Memory) GetManyLIDsForPNs(_ context.Context, pns []types.JID) (map[types.JID]types.JID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[types.JID]types.JID{}
	for _, pn := range pns {
		if lid, ok := m.lids[pn.User]; ok {
			found[pn] = withDevice(lid, pn.Device)
		}
	}
	return found, nil
}

func withDevice(jid types.JID, device uint16) types.JID {
	if !jid.IsEmpty() {
		jid.Device = device
	}
	return jid
}

// GetBufferedEvent returns a decrypted event that was kept, or nil.
func (m *Memory) GetBufferedEvent(_ context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.buffered[hash], nil
}

// PutBufferedEvent keeps a decrypted event until it was handled.
func (m *Memory) PutBufferedEvent(_ context.Context, hash [32]byte, plaintext []byte, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buffered[hash] = &store.BufferedEvent{Plaintext: plaintext, InsertTime: at, ServerTime: at}
	return nil
}

// PutSenderKey keeps the key of a group's member.
func (m *Memory) PutSenderKey(_ context.Context, group, user string, key []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.senderKeys[group+"|"+user] = key
	return nil
}

// GetSenderKey returns it, or nil.
func (m *Memory) GetSenderKey(_ context.Context, group, user string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.senderKeys[group+"|"+user], nil
}

// PutPrivacyTokens keeps what contacts gave, or when one was given to them.
func (m *Memory) PutPrivacyTokens(_ context.Context, tokens ...store.PrivacyToken) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, token := range tokens {
		m.tokens[token.User.ToNonAD()] = token
	}
	return nil
}

// GetPrivacyToken returns a contact's token, or nil.
func (m *Memory) GetPrivacyToken(_ context.Context, user types.JID) (*store.PrivacyToken, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if token, ok := m.tokens[user.ToNonAD()]; ok {
		return &token, nil
	}
	return nil, nil
}

// DoDecryptionTxn runs fn; memory needs no transaction.
func (m *Memory) DoDecryptionTxn(ctx context.Context, fn func(context.Context) error) error {
	return fn(ctx)
}

// ClearBufferedEventPlaintext leaves only the mark that it was handled.
func (m *Memory) ClearBufferedEventPlaintext(_ context.Context, hash [32]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if event := m.buffered[hash]; event != nil {
		m.buffered[hash] = &store.BufferedEvent{InsertTime: event.InsertTime, ServerTime: event.ServerTime}
	}
	return nil
}

// ForgetUploads makes the device believe that it never uploaded its one-time keys.
func (m *Memory) ForgetUploads() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uploaded = map[uint32]bool{}
}
