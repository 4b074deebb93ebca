package ratchet_test

import (
	"strings"
	"testing"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/ratchet"
)

// memory is a shelf in a map.
type memory struct {
	sessions map[string][]byte
	keys     map[uint32][32]byte
}

func (m *memory) Session(address string) []byte             { return m.sessions[address] }
func (m *memory) PutSession(address string, session []byte) { m.sessions[address] = session }
func (m *memory) OneTimeKey(id uint32) ([32]byte, bool)     { key, ok := m.keys[id]; return key, ok }
func (m *memory) RemoveOneTimeKey(id uint32)                { delete(m.keys, id) }

func newBox(t *testing.T) (*ratchet.Box, ratchet.Identity, *memory) {
	t.Helper()
	ratchet.Quiet()
	identity, err := ratchet.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	shelf := &memory{sessions: map[string][]byte{}, keys: map[uint32][32]byte{}}
	return ratchet.NewBox(identity, shelf), identity, shelf
}

// offered makes a one-time key and offers a session with its owner.
func offered(t *testing.T, identity ratchet.Identity, shelf *memory) ratchet.Bundle {
	t.Helper()
	key, err := noise.NewPair()
	if err != nil {
		t.Fatal(err)
	}
	shelf.keys[7] = key.Private
	return identity.Bundle(7, key.Public)
}

func TestTwoBoxesTalk(t *testing.T) {
	t.Parallel()
	ada, _, _ := newBox(t)
	bola, identity, shelf := newBox(t)
	if err := ada.Start(t.Context(), "bola", 0, offered(t, identity, shelf)); err != nil {
		t.Fatal(err)
	}
	kind, sealed, err := ada.Encrypt(t.Context(), "bola", 0, []byte("hello"))
	if err != nil || kind != ratchet.PreKeyMessage {
		t.Fatalf("sealed as %q: %v", kind, err)
	}
	if plain, err := bola.Decrypt(t.Context(), "ada", 0, kind, sealed); err != nil || string(plain) != "hello" {
		t.Fatalf("opened %q: %v", plain, err)
	}
	if len(shelf.keys) != 0 {
		t.Error("the one-time key was not used up")
	}
	kind, sealed, err = bola.Encrypt(t.Context(), "ada", 0, []byte("and you"))
	if err != nil || kind != ratchet.PlainMessage {
		t.Fatalf("sealed as %q: %v", kind, err)
	}
	if plain, err := ada.Decrypt(t.Context(), "bola", 0, kind, sealed); err != nil || string(plain) != "and you" {
		t.Fatalf("opened %q: %v", plain, err)
	}
	t.Run("and the same ciphertext opens once", func(t *testing.T) {
		if plain, err := ada.Decrypt(t.Context(), "bola", 0, kind, sealed); err == nil {
			t.Errorf("opened %q again", plain)
		}
	})
}

func TestAOneTimeKeyWorksOnce(t *testing.T) {
	t.Parallel()
	bola, identity, shelf := newBox(t)
	bundle := offered(t, identity, shelf)
	for i, name := range []string{"ada", "eve"} {
		box, _, _ := newBox(t)
		if err := box.Start(t.Context(), "bola", 0, bundle); err != nil {
			t.Fatal(err)
		}
		kind, sealed, err := box.Encrypt(t.Context(), "bola", 0, []byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bola.Decrypt(t.Context(), name, 0, kind, sealed); (err == nil) != (i == 0) {
			t.Errorf("%s, who uses it as number %d: %v", name, i+1, err)
		}
	}
}

func TestAFalseBundleStartsNothing(t *testing.T) {
	t.Parallel()
	ada, _, _ := newBox(t)
	_, identity, shelf := newBox(t)
	bundle := offered(t, identity, shelf)
	bundle.SignedSignature[3] ^= 0xff
	if err := ada.Start(t.Context(), "bola", 0, bundle); err == nil {
		t.Error("a session started")
	}
}

func FuzzDecrypt(f *testing.F) {
	f.Add("pkmsg", []byte{0x33, 8, 1, 18, 33, 5})
	f.Add("msg", []byte{0x33, 10, 33, 5})
	f.Add("msg", []byte(strings.Repeat("\x33", 80)))
	f.Fuzz(func(t *testing.T, kind string, sealed []byte) {
		box := ratchet.NewBox(ratchet.Identity{}, &memory{sessions: map[string][]byte{}, keys: map[uint32][32]byte{}})
		if plain, err := box.Decrypt(t.Context(), "ada", 0, kind, sealed); err == nil {
			t.Errorf("opened %q", plain)
		}
		_, _ = box.SenderOf(sealed)
	})
}
