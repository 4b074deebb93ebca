package sandbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/syncd"
	"switchboard.example/sandbox/internal/vault"
)

// The collections of an account's app state that the sandbox writes to itself.
const (
	collectionSettings = "critical_block"
	collectionContacts = "critical_unblock_low"
)

// typeAppState is the kind of medium a snapshot's file is.
const typeAppState = "md-app-state"

// stateKeyID is the id of the one key an account has for its app state.
func stateKeyID() []byte { return []byte{0, 0, 0, 0, 0, 1} }

// collection is one part of an account's app state with all patches that led to it.
type collection struct {
	state    syncd.State
	patches  [][]byte
	settings map[string]Setting // by index
}

// Setting is one entry of an account's app state: a contact, a pinned chat, its name.
type Setting struct {
	Collection string   `json:"collection"`
	Version    uint64   `json:"version"` // of the collection when it was set
	Index      []string `json:"index"`
	Value      string   `json:"value"`  // the protobuf as JSON
	Device     int      `json:"device"` // that set it; 0 is the phone itself
}

// SaveContact gives a number a name in the phone's address book; without a name it is removed
// from there. Linked devices learn it by the account's app state.
func (p *Phone) SaveContact(ctx context.Context, number, name string) error {
	peer := p.server.find(number)
	if peer == nil {
		return refuse(statusNotFound, "There is no phone with the number "+number+" here.")
	}
	contact := &waSyncAction.ContactAction{}
	if first, _, _ := strings.Cut(name, " "); name != "" {
		contact.FullName, contact.FirstName, contact.LidJID = new(name), new(first), new(peer.jid(types.HiddenUserServer, 0).String())
	}
	return p.set(ctx, collectionContacts, syncd.Action{
		Index: []string{"contact", peer.jid(types.DefaultUserServer, 0).String()}, Version: 2, Removed: name == "",
		Value: &waSyncAction.SyncActionValue{Timestamp: new(p.server.now().UnixMilli()), ContactAction: contact},
	})
}

// Settings lists the account's app state in order.
func (p *Phone) Settings() []Setting {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	all := []Setting{}
	for _, name := range slices.Sorted(maps.Keys(p.state)) {
		for _, index := range slices.Sorted(maps.Keys(p.state[name].settings)) {
			all = append(all, p.state[name].settings[index])
		}
	}
	return all
}

// set changes the app state from the phone and tells the linked devices.
func (p *Phone) set(ctx context.Context, name string, actions ...syncd.Action) error {
	s := p.server
	s.mu.Lock()
	var b vault.Batch
	keys, err := p.stateKeys(&b)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	c := p.collection(name)
	patch, err := c.state.Seal(keys, actions...)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	p.keepPatch(&b, c, patch, actions, 0)
	ticket := s.deliverLocked(&b, s.stateChanged(p, c, nil)...)
	s.mu.Unlock()
	return s.vault.Wait(ctx, ticket)
}

// stateKeys are the keys of the app state. The first time they are wanted the key is made,
// and the state begins with what a real phone's begins with: its owner's name. Callers hold s.mu.
func (p *Phone) stateKeys(b *vault.Batch) (syncd.Keys, error) {
	if len(p.record.AppStateKey) != 0 {
		return syncd.Stretch(stateKeyID(), p.record.AppStateKey)
	}
	p.record.AppStateKey = randomBytes(32)
	put(b, bucketPhones, p.number, p.record)
	keys, err := syncd.Stretch(stateKeyID(), p.record.AppStateKey)
	if err != nil {
		return keys, err
	}
	name := syncd.Action{Index: []string{"setting_pushName"}, Version: 1, Value: &waSyncAction.SyncActionValue{
		Timestamp: new(p.server.now().UnixMilli()), PushNameSetting: &waSyncAction.PushNameSetting{Name: new(p.Name())},
	}}
	c := p.collection(collectionSettings)
	patch, err := c.state.Seal(keys, name)
	if err == nil {
		p.keepPatch(b, c, patch, []syncd.Action{name}, 0)
	}
	return keys, err
}

// collection finds one; an empty one is kept with its first patch. Callers hold s.mu.
func (p *Phone) collection(name string) *collection {
	if c := p.state[name]; c != nil {
		return c
	}
	return &collection{state: syncd.State{Name: name}, settings: map[string]Setting{}}
}

// keepPatch stores a patch that the state has taken in. Callers hold s.mu, or are alone.
func (p *Phone) keepPatch(b *vault.Batch, c *collection, patch []byte, actions []syncd.Action, device int) {
	p.state[c.state.Name] = c
	c.patches = append(c.patches, patch)
	put(b, bucketState, p.lid+"|"+c.state.Name+"|"+fmt.Sprintf("%016x", c.state.Version), statePatch{Patch: patch, Device: device})
	c.note(actions, device)
}

// statePatch is a patch as it is stored.
type statePatch struct {
	Patch  []byte `json:"patch"`
	Device int    `json:"device,omitempty"`
}

func (c *collection) note(actions []syncd.Action, device int) {
	for _, a := range actions {
		index := strings.Join(a.Index, "\x00")
		if a.Removed {
			delete(c.settings, index)
			continue
		}
		value, err := protojson.Marshal(a.Value)
		if err != nil {
			value = []byte(err.Error())
		}
		c.settings[index] = Setting{Collection: c.state.Name, Version: c.state.Version, Index: a.Index, Value: string(value), Device: device}
	}
}

func (s *Server) loadPatch(key string, value []byte) error {
	var stored statePatch
	parts := strings.Split(key, "|")
	p := s.lids[parts[0]]
	if p == nil || len(parts) != 3 {
		return nil
	}
	if err := json.Unmarshal(value, &stored); err != nil {
		return err
	}
	keys, err := syncd.Stretch(stateKeyID(), p.record.AppStateKey)
	if err != nil {
		return err
	}
	c := p.collection(parts[1])
	actions, _, err := c.state.Open(keys, stored.Patch)
	if err != nil {
		return err
	}
	p.state[parts[1]] = c
	c.patches = append(c.patches, stored.Patch)
	c.note(actions, stored.Device)
	return nil
}

// stateChanged tells the account's devices, but for the one that did it. Callers hold s.mu.
func (s *Server) stateChanged(p *Phone, c *collection, but *companion) []delivery {
	var told []delivery
	for _, d := range s.companionsOf(p) {
		if d == but {
			continue
		}
		told = append(told, delivery{to: d, node: stanza.Node{
			Tag:   "notification",
			Attrs: stanza.Attrs{"from": types.ServerJID, "type": "server_sync", "id": randomText(12), "t": s.unixNow()},
			Content: []stanza.Node{{Tag: "collection", Attrs: stanza.Attrs{
				"name": c.state.Name, "version": strconv.FormatUint(c.state.Version, 10),
			}}},
		}})
	}
	return told
}

// appState takes the patches a device brings and answers with those it does not have.
func appState(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.device == nil {
		return emptyAnswer(s, c, node)
	}
	sync, _ := stanza.Child(node, "sync")
	var collections []stanza.Node
	for _, asked := range sync.GetChildrenByTag("collection") {
		collections = append(collections, s.syncCollection(c.device, &asked))
	}
	return result(node, stanza.Node{Tag: "sync", Content: collections})
}

// syncCollection is one collection's answer. Callers hold s.mu.
func (s *Server) syncCollection(d *companion, asked *stanza.Node) stanza.Node {
	c := d.phone.collection(stanza.Text(asked, "name"))
	known := max(0, min(stanza.Number(asked, "version"), len(c.patches)))
	answer := stanza.Node{Tag: "collection", Attrs: stanza.Attrs{"name": c.state.Name, "has_more_patches": "false"}}
	if f := s.faults.take(faultStateError, d.Phone); f != nil {
		answer.Attrs["type"] = "error"
		answer.Content = []stanza.Node{{Tag: "error", Attrs: stanza.Attrs{"code": itoa(orDefault(f.Code, 500)), "text": "refused by a fault"}}}
		return answer
	}
	if brought, ok := stanza.Child(asked, "patch"); ok {
		if code := s.takePatch(d, c, known, stanza.Bytes(brought)); code != 0 {
			answer.Attrs["type"] = "error"
			answer.Content = []stanza.Node{{Tag: "error", Attrs: stanza.Attrs{"code": itoa(code), "text": "refused"}}, patchesAfter(c, known)}
			return answer
		}
		answer.Attrs["version"] = strconv.FormatUint(c.state.Version, 10)
		return answer
	}
	answer.Attrs["version"] = strconv.FormatUint(c.state.Version, 10)
	whole := stanza.Text(asked, "return_snapshot") == "true"
	if whole {
		s.counters.add(countStateReadWhole, 1)
	}
	if len(c.patches) == known {
		return answer
	}
	spoilt := s.faults.take(faultStateMAC, d.Phone) != nil
	if whole && s.behaviour.StateSnapshots {
		if file, err := s.snapshotOf(d.phone, c, spoilt); err == nil {
			answer.Content = []stanza.Node{{Tag: "snapshot", Content: file}}
		}
		return answer
	}
	patches := patchesAfter(c, known)
	if spoilt {
		last := &patches.Content.([]stanza.Node)[len(c.patches)-known-1] //nolint:forcetypeassert // made a line above
		if data, err := syncd.SpoilPatch(c.patches[len(c.patches)-1]); err == nil {
			last.Content = data
		}
	}
	answer.Content = []stanza.Node{patches}
	return answer
}

func patchesAfter(c *collection, known int) stanza.Node {
	patches := stanza.Node{Tag: "patches"}
	var all []stanza.Node
	for _, patch := range c.patches[known:] {
		all = append(all, stanza.Node{Tag: "patch", Content: patch})
	}
	patches.Content = all
	return patches
}

// The codes a patch is refused with.
const (
	codeConflict = 409 // it was made on an older version
	codeBadPatch = 400
)

// takePatch checks a device's patch, 0 if it is taken. Callers hold s.mu.
func (s *Server) takePatch(d *companion, c *collection, known int, patch []byte) int {
	p := d.phone
	if known != len(c.patches) {
		return codeConflict
	}
	if len(p.record.AppStateKey) == 0 {
		s.counters.add(countPatchesRefused, 1)
		return codeBadPatch
	}
	keys, err := syncd.Stretch(stateKeyID(), p.record.AppStateKey)
	if err != nil {
		return codeBadPatch
	}
	actions, numbered, err := c.state.Open(keys, patch)
	if err != nil {
		s.counters.add(countPatchesRefused, 1)
		s.config.Log.DebugContext(s.ctx, "patch refused", "error", err)
		return codeBadPatch
	}
	s.counters.add(countPatches, 1)
	var b vault.Batch
	p.keepPatch(&b, c, numbered, actions, d.Device)
	s.deliverLocked(&b, s.stateChanged(p, c, d)...)
	s.hub.publish(p.number, "state")
	return 0
}

// snapshotOf stores the whole collection as a file and returns the reference to it.
// Callers hold s.mu.
func (s *Server) snapshotOf(p *Phone, c *collection, spoilt bool) ([]byte, error) {
	keys, err := syncd.Stretch(stateKeyID(), p.record.AppStateKey)
	if err != nil {
		return nil, err
	}
	plain, err := c.state.Snapshot(keys)
	if err == nil && spoilt {
		plain, err = syncd.SpoilSnapshot(plain)
	}
	if err != nil {
		return nil, err
	}
	sealed, err := sealMedia(typeAppState, plain)
	if err != nil {
		return nil, err
	}
	path := mediaPath(typeAppState, base64.RawURLEncoding.EncodeToString(sealed.encHash))
	var b vault.Batch
	b.Put(bucketMedia, path, sealed.data)
	s.vault.Submit(&b)
	file, err := proto.Marshal(&waServerSync.ExternalBlobReference{
		MediaKey: sealed.key, DirectPath: new(path), Handle: new(path), FileSizeBytes: new(uint64(len(sealed.data))),
		FileSHA256: sealed.hash, FileEncSHA256: sealed.encHash,
	})
	if err != nil {
		return nil, fmt.Errorf("marshal a reference: %w", err)
	}
	return file, nil
}
