package syncd

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/proto/waSyncdSnapshotRecovery"
	"google.golang.org/protobuf/proto"
)

const macSize = 32

// Keys are what one shared key is stretched to.
type Keys struct {
	ID                                      []byte
	index, value, valueMAC, snapshot, patch []byte
}

// Stretch derives the keys of a shared one.
func Stretch(id, shared []byte) (Keys, error) {
	all, err := hkdf.Key(sha256.New, shared, nil, "WhatsApp Mutation Keys", 5*macSize)
	if err != nil {
		return Keys{}, fmt.Errorf("derive the keys of an app state: %w", err)
	}
	part := func(i int) []byte { return all[i*macSize : (i+1)*macSize] }
	return Keys{ID: id, index: part(0), value: part(1), valueMAC: part(2), snapshot: part(3), patch: part(4)}, nil
}

// Action is one setting: what it is about, and its value.
type Action struct {
	Index   []string
	Value   *waSyncAction.SyncActionValue
	Version int32
	Removed bool
}

// State is one collection: its records under a hash that does not depend on their order.
type State struct {
	Name    string
	Version uint64
	hash    [128]byte
	records map[string]*waServerSync.SyncdRecord // by the index's MAC
}

// Seal makes the patch that sets actions and takes it into the state.
func (s *State) Seal(keys Keys, actions ...Action) ([]byte, error) {
	patch := &waServerSync.SyncdPatch{
		Version: &waServerSync.SyncdVersion{Version: new(s.Version + 1)}, KeyID: &waServerSync.KeyId{ID: keys.ID},
	}
	for _, a := range actions {
		mutation, err := keys.seal(a)
		if err != nil {
			return nil, err
		}
		patch.Mutations = append(patch.Mutations, mutation)
	}
	next, err := s.after(patch)
	if err != nil {
		return nil, err
	}
	patch.SnapshotMAC = next.mac(keys)
	patch.PatchMAC = patchMAC(keys, s.Name, patch, next.Version)
	*s = next
	data, err := proto.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("marshal a patch: %w", err)
	}
	return data, nil
}

// Open checks every signature of a patch and takes it into the state. It returns what the
// patch sets and the patch with its version, as others are to get it.
func (s *State) Open(keys Keys, data []byte) (actions []Action, numbered []byte, err error) {
	patch := &waServerSync.SyncdPatch{}
	if err := proto.Unmarshal(data, patch); err != nil {
		return nil, nil, fmt.Errorf("read a patch: %w", err)
	}
	for _, mutation := range patch.GetMutations() {
		action, err := keys.open(mutation)
		if err != nil {
			return nil, nil, err
		}
		actions = append(actions, action)
	}
	next, err := s.after(patch)
	if err != nil {
		return nil, nil, err
	}
	if !hmac.Equal(patch.GetSnapshotMAC(), next.mac(keys)) {
		return nil, nil, errors.New("the patch does not lead to the hash it names")
	}
	if !hmac.Equal(patch.GetPatchMAC(), patchMAC(keys, s.Name, patch, next.Version)) {
		return nil, nil, errors.New("the patch is not signed by the shared key")
	}
	patch.Version = &waServerSync.SyncdVersion{Version: new(next.Version)}
	if numbered, err = proto.Marshal(patch); err != nil {
		return nil, nil, fmt.Errorf("marshal a patch: %w", err)
	}
	*s = next
	return actions, numbered, nil
}

// Snapshot is the whole state in one.
func (s *State) Snapshot(keys Keys) ([]byte, error) {
	snapshot := &waServerSync.SyncdSnapshot{
		Version: &waServerSync.SyncdVersion{Version: new(s.Version)}, KeyID: &waServerSync.KeyId{ID: keys.ID}, Mac: s.mac(keys),
	}
	for _, index := range slices.Sorted(maps.Keys(s.records)) {
		snapshot.Records = append(snapshot.Records, s.records[index])
	}
	data, err := proto.Marshal(snapshot)
	if err != nil {
		return nil, fmt.Errorf("marshal a snapshot: %w", err)
	}
	return data, nil
}

// Recovery is the whole state in the clear, as a phone gives it to a device that cannot make out its own.
func (s *State) Recovery(keys Keys) ([]byte, error) {
	all := &waSyncdSnapshotRecovery.SyncdSnapshotRecovery{
		Version: &waSyncdSnapshotRecovery.SyncdVersion{Version: new(s.Version)}, CollectionName: new(s.Name), CollectionLthash: s.hash[:],
	}
	for _, index := range slices.Sorted(maps.Keys(s.records)) {
		record := s.records[index]
		data, err := keys.reveal(&waServerSync.SyncdMutation{Operation: waServerSync.SyncdMutation_SET.Enum(), Record: record})
		if err != nil {
			return nil, err
		}
		blob := record.GetValue().GetBlob()
		all.MutationRecords = append(all.MutationRecords, &waSyncdSnapshotRecovery.SyncdPlainTextRecord{
			Value: data, KeyID: record.GetKeyID().GetID(), Mac: blob[len(blob)-macSize:],
		})
	}
	plain, err := proto.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("marshal a recovery: %w", err)
	}
	return plain, nil
}

// SpoilPatch makes a patch's signature a false one.
func SpoilPatch(data []byte) ([]byte, error) {
	patch := &waServerSync.SyncdPatch{}
	if err := proto.Unmarshal(data, patch); err != nil {
		return nil, fmt.Errorf("read a patch: %w", err)
	}
	patch.PatchMAC[0] ^= 0xff
	return proto.Marshal(patch)
}

// SpoilSnapshot makes a snapshot's signature a false one.
func SpoilSnapshot(data []byte) ([]byte, error) {
	snapshot := &waServerSync.SyncdSnapshot{}
	if err := proto.Unmarshal(data, snapshot); err != nil {
		return nil, fmt.Errorf("read a snapshot: %w", err)
	}
	snapshot.Mac[0] ^= 0xff
	return proto.Marshal(snapshot)
}

// after is the state behind a patch.
func (s *State) after(patch *waServerSync.SyncdPatch) (State, error) {
	next := State{Name: s.Name, Version: s.Version + 1, hash: s.hash, records: maps.Clone(s.records)}
	if next.records == nil {
		next.records = map[string]*waServerSync.SyncdRecord{}
	}
	for _, mutation := range patch.GetMutations() {
		index := string(mutation.GetRecord().GetIndex().GetBlob())
		if old := next.records[index]; old != nil {
			if err := next.add(old, -1); err != nil {
				return next, err
			}
			delete(next.records, index)
		}
		if mutation.GetOperation() == waServerSync.SyncdMutation_SET {
			next.records[index] = mutation.GetRecord()
			if err := next.add(mutation.GetRecord(), 1); err != nil {
				return next, err
			}
		}
	}
	return next, nil
}

// add adds a record to the hash, or takes it off: its MAC stretched to 64 numbers, each
// added to its own.
func (s *State) add(record *waServerSync.SyncdRecord, sign int) error {
	blob := record.GetValue().GetBlob()
	stretched, err := hkdf.Key(sha256.New, blob[len(blob)-macSize:], nil, "WhatsApp Patch Integrity", len(s.hash))
	if err != nil {
		return fmt.Errorf("stretch a value's signature: %w", err)
	}
	for i := 0; i < len(s.hash); i += 2 {
		x, y := binary.LittleEndian.Uint16(s.hash[i:]), binary.LittleEndian.Uint16(stretched[i:])
		if sign < 0 {
			y = -y
		}
		binary.LittleEndian.PutUint16(s.hash[i:], x+y)
	}
	return nil
}

func (s *State) mac(keys Keys) []byte {
	return sign(sha256.New, keys.snapshot, s.hash[:], bigEndian(s.Version), []byte(s.Name))
}

func patchMAC(keys Keys, name string, patch *waServerSync.SyncdPatch, version uint64) []byte {
	parts := [][]byte{patch.GetSnapshotMAC()}
	for _, mutation := range patch.GetMutations() {
		blob := mutation.GetRecord().GetValue().GetBlob()
		parts = append(parts, blob[len(blob)-macSize:])
	}
	return sign(sha256.New, keys.patch, append(parts, bigEndian(version), []byte(name))...)
}

func (k Keys) seal(a Action) (*waServerSync.SyncdMutation, error) {
	index, err := json.Marshal(a.Index)
	if err != nil {
		return nil, fmt.Errorf("marshal an index: %w", err)
	}
	plain, err := proto.Marshal(&waSyncAction.SyncActionData{Index: index, Value: a.Value, Padding: []byte{}, Version: new(a.Version)})
	if err != nil {
		return nil, fmt.Errorf("marshal an action: %w", err)
	}
	block, err := aes.NewCipher(k.value)
	if err != nil {
		return nil, fmt.Errorf("prepare a cipher: %w", err)
	}
	fill := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(plain, bytes.Repeat([]byte{byte(fill)}, fill)...)
	blob := make([]byte, aes.BlockSize+len(plain))
	if _, err := rand.Read(blob[:aes.BlockSize]); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	cipher.NewCBCEncrypter(block, blob[:aes.BlockSize]).CryptBlocks(blob[aes.BlockSize:], plain)
	operation := waServerSync.SyncdMutation_SET
	if a.Removed {
		operation = waServerSync.SyncdMutation_REMOVE
	}
	return &waServerSync.SyncdMutation{Operation: operation.Enum(), Record: &waServerSync.SyncdRecord{
		Index: &waServerSync.SyncdIndex{Blob: sign(sha256.New, k.index, index)},
		Value: &waServerSync.SyncdValue{Blob: append(blob, k.contentMAC(operation, blob)...)},
		KeyID: &waServerSync.KeyId{ID: k.ID},
	}}, nil
}

func (k Keys) open(mutation *waServerSync.SyncdMutation) (Action, error) {
	data, err := k.reveal(mutation)
	if err != nil {
		return Action{}, err
	}
	a := Action{Value: data.GetValue(), Version: data.GetVersion(), Removed: mutation.GetOperation() == waServerSync.SyncdMutation_REMOVE}
	if err := json.Unmarshal(data.GetIndex(), &a.Index); err != nil {
		return Action{}, fmt.Errorf("read an index: %w", err)
	}
	return a, nil
}

// reveal checks a value's signatures and decrypts it.
func (k Keys) reveal(mutation *waServerSync.SyncdMutation) (*waSyncAction.SyncActionData, error) {
	record := mutation.GetRecord()
	blob := record.GetValue().GetBlob()
	if len(blob) < 2*aes.BlockSize+macSize || (len(blob)-macSize)%aes.BlockSize != 0 {
		return nil, errors.New("a value has an impossible length")
	}
	if !bytes.Equal(record.GetKeyID().GetID(), k.ID) {
		return nil, errors.New("a value is under a key that was never shared")
	}
	content, mac := blob[:len(blob)-macSize], blob[len(blob)-macSize:]
	if !hmac.Equal(mac, k.contentMAC(mutation.GetOperation(), content)) {
		return nil, errors.New("a value is not signed by the shared key")
	}
	block, err := aes.NewCipher(k.value)
	if err != nil {
		return nil, fmt.Errorf("prepare a cipher: %w", err)
	}
	plain := make([]byte, len(content)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, content[:aes.BlockSize]).CryptBlocks(plain, content[aes.BlockSize:])
	fill := int(plain[len(plain)-1])
	if fill == 0 || fill > aes.BlockSize {
		return nil, errors.New("a value has no proper padding")
	}
	var data waSyncAction.SyncActionData
	if err := proto.Unmarshal(plain[:len(plain)-fill], &data); err != nil {
		return nil, fmt.Errorf("read an action: %w", err)
	}
	if !hmac.Equal(record.GetIndex().GetBlob(), sign(sha256.New, k.index, data.GetIndex())) {
		return nil, errors.New("an index is not signed by the shared key")
	}
	return &data, nil
}

func (k Keys) contentMAC(operation waServerSync.SyncdMutation_SyncdOperation, content []byte) []byte {
	return sign(sha512.New, k.valueMAC, []byte{byte(operation) + 1}, k.ID, content, bigEndian(uint64(len(k.ID)+1)))[:macSize] //nolint:gosec // 0 or 1
}

func sign(algorithm func() hash.Hash, key []byte, parts ...[]byte) []byte {
	mac := hmac.New(algorithm, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

func bigEndian(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
