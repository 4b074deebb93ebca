package main

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"switchboard.example/adapters/whatsapp"
)

// secrets are the keys this installation made for itself on its first start. Losing them loses every customer's words and
// every link; they are not in the database so that a copy of it alone reveals nothing.
type secrets struct {
	TokenKeyID string `json:"token_key_id"`
	TokenKey   []byte `json:"token_key"`   // signs access tokens
	SealingKey []byte `json:"sealing_key"` // wraps the customers' data keys
	AddressKey []byte `json:"address_key"` // hashes customers' addresses
	ReplyKey   []byte `json:"reply_key"`   // derives the WhatsApp ids of replies
	CodeKey    []byte `json:"code_key"`    // seals the keys of linked numbers, and codes that other nodes may show
	PushKey    []byte `json:"push_key"`    // signs what browsers are told (RFC 8292): a scalar on P-256

	// OldCodeKeys open what they sealed while they were code_key, or before every node knows that they are: nothing else is written
	// with them.
	OldCodeKeys [][]byte `json:"old_code_keys,omitempty"`
}

// pushKey is the push_key or, for a file from before there was one, a key that follows from the others: every copy of the file
// agrees on it, and no file has to be written again.
func (s secrets) pushKey() ([]byte, error) {
	if len(s.PushKey) > 0 {
		return s.PushKey, nil
	}
	for n := byte(0); ; n++ { // once, but for one key in 2³²
		key, err := hkdf.Key(sha256.New, s.ReplyKey, nil, "switchboard push key "+string('0'+rune(n)), 32)
		if err != nil {
			return nil, err
		}
		if _, err := ecdh.P256().NewPrivateKey(key); err == nil {
			return key, nil
		}
	}
}

func (s secrets) sealKeys() whatsapp.SealKeys {
	keys := whatsapp.SealKeys{Newest: [32]byte(s.CodeKey)}
	for _, old := range s.OldCodeKeys {
		keys.Old = append(keys.Old, [32]byte(old))
	}
	return keys
}

// readSecrets reads the secret file, making it on the first start. Two processes that start at once agree on one.
func readSecrets(file string) (secrets, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecrets(file); err == nil {
			data, err = os.ReadFile(file) //nolint:gosec // as above; another process may have been first
		}
	}
	if err != nil {
		return secrets{}, fmt.Errorf("read the secret file (SWITCHBOARD_SECRET_FILE): %w", err)
	}
	var s secrets
	if err := json.Unmarshal(data, &s); err != nil {
		return secrets{}, fmt.Errorf("the secret file %s is damaged; restore it from a backup: %w", file, err)
	}
	for name, key := range map[string][]byte{"token_key": s.TokenKey, "sealing_key": s.SealingKey, "address_key": s.AddressKey, "reply_key": s.ReplyKey, "code_key": s.CodeKey} {
		if len(key) != 32 {
			return secrets{}, fmt.Errorf("the secret file %s has no usable %s; restore it from a backup", file, name)
		}
	}
	if s.PushKey, err = s.pushKey(); err != nil {
		return secrets{}, err
	}
	if _, err := ecdh.P256().NewPrivateKey(s.PushKey); err != nil {
		return secrets{}, fmt.Errorf("the secret file %s has no usable push_key; restore it from a backup, or take it out: browsers are then to be switched on anew", file)
	}
	for _, key := range s.OldCodeKeys {
		if len(key) != 32 {
			return secrets{}, fmt.Errorf("the secret file %s has an old_code_keys that is not 32 bytes long; mend it or take it out", file)
		}
	}
	return s, nil
}

func makeSecrets(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // the data folder is shared with the database's user
		return err
	}
	s := secrets{TokenKeyID: rand.Text()[:8]}
	for _, key := range []*[]byte{&s.TokenKey, &s.SealingKey, &s.AddressKey, &s.ReplyKey, &s.CodeKey} {
		*key = make([]byte, 32)
		if _, err := rand.Read(*key); err != nil {
			return err
		}
	}
	push, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	s.PushKey = push.Bytes()
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeOnce(file, data)
}

// writeOnce makes the file appear whole or not at all. Where another process was first, its file stays.
func writeOnce(file string, data []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(file), ".secrets-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.Write(data)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
