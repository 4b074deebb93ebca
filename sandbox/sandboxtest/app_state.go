package sandboxtest

import (
	"context"
	"maps"

	"go.mau.fi/whatsmeow/store"
)

// appState is what a device keeps of its account's app state.
type appState struct {
	keys     map[string]store.AppStateSyncKey
	latest   []byte
	versions map[string]stateVersion
	macs     map[string]map[string][]byte // by collection, then by the index's MAC
}

type stateVersion struct {
	number uint64
	hash   [128]byte
}

// PutAppStateSyncKey keeps a shared key.
func (m *Memory) PutAppStateSyncKey(_ context.Context, id []byte, key store.AppStateSyncKey) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.keys == nil {
		m.state.keys = map[string]store.AppStateSyncKey{}
	}
	m.state.keys[string(id)], m.state.latest = key, id
	return nil
}

// GetAppStateSyncKey returns a shared key or nil.
func (m *Memory) GetAppStateSyncKey(_ context.Context, id []byte) (*store.AppStateSyncKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key, ok := m.state.keys[string(id)]; ok {
		return &key, nil
	}
	return nil, nil //nolint:nilnil // how the library asks for it
}

// GetLatestAppStateSyncKeyID returns the id of the key that came last.
func (m *Memory) GetLatestAppStateSyncKeyID(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.latest, nil
}

// PutAppStateVersion keeps how far a collection has come.
func (m *Memory) PutAppStateVersion(_ context.Context, name string, version uint64, hash [128]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.versions == nil {
		m.state.versions = map[string]stateVersion{}
	}
	m.state.versions[name] = stateVersion{version, hash}
	return nil
}

// GetAppStateVersion returns how far a collection has come.
func (m *Memory) GetAppStateVersion(_ context.Context, name string) (uint64, [128]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.state.versions[name]
	return v.number, v.hash, nil
}

// DeleteAppStateVersion forgets a collection.
func (m *Memory) DeleteAppStateVersion(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.state.versions, name)
	delete(m.state.macs, name)
	return nil
}

// PutAppStateMutationMACs keeps the signatures of values.
func (m *Memory) PutAppStateMutationMACs(_ context.Context, name string, _ uint64, added []store.AppStateMutationMAC) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.macs == nil {
		m.state.macs = map[string]map[string][]byte{}
	}
	if m.state.macs[name] == nil {
		m.state.macs[name] = map[string][]byte{}
	}
	for _, mac := range added {
		m.state.macs[name][string(mac.IndexMAC)] = mac.ValueMAC
	}
	return nil
}

// DeleteAppStateMutationMACs forgets them.
func (m *Memory) DeleteAppStateMutationMACs(_ context.Context, name string, indexes [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := map[string]bool{}
	for _, index := range indexes {
		gone[string(index)] = true
	}
	maps.DeleteFunc(m.state.macs[name], func(index string, _ []byte) bool { return gone[index] })
	return nil
}

// GetAppStateMutationMAC returns the signature of a value or nil.
func (m *Memory) GetAppStateMutationMAC(_ context.Context, name string, index []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.macs[name][string(index)], nil
}
