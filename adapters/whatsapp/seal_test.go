package whatsapp

import (
	"bytes"
	"testing"

	"go.mau.fi/whatsmeow/types"
)

func TestASealOpensOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	device := types.NewADJID("2348030000001", 0, 2)
	own, err := newSeals(SealKeys{Newest: [32]byte{1}}, "a", device)
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte("thirty-two bytes of a secret key")
	stored := own.close(plain, kindSession)
	if bytes.Contains(stored, plain) || !sealed(stored) || sealed(plain) {
		t.Error("it is not sealed")
	}
	if opened, err := own.reveal(stored, kindSession); err != nil || !bytes.Equal(opened, plain) {
		t.Errorf("%q, %v", opened, err)
	}
	if read, err := own.reveal(plain, kindSession); err != nil || !bytes.Equal(read, plain) {
		t.Errorf("what is in the clear reads %q, %v", read, err)
	}
	if _, err := own.reveal(stored, kindPreKey); err == nil {
		t.Error("a session opens as a one-time key")
	}
	for _, other := range []struct {
		key    [32]byte
		device types.JID
	}{{[32]byte{2}, device}, {[32]byte{1}, types.NewADJID("2348030000002", 0, 2)}} {
		foreign, err := newSeals(SealKeys{Newest: other.key}, "a", other.device)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := foreign.reveal(stored, kindSession); err == nil {
			t.Errorf("it opens with %v's key", other)
		}
	}
	if text, err := own.revealNonce(own.closeNonce("nonce")); err != nil || text != "nonce" {
		t.Errorf("%q, %v", text, err)
	}
	if own.close(nil, kindSalt) != nil || own.closeNonce("") != "" {
		t.Error("nothing became something")
	}
}

func BenchmarkSealingASession(b *testing.B) {
	s, err := newSeals(SealKeys{Newest: [32]byte{1}}, "a", types.EmptyJID)
	if err != nil {
		b.Fatal(err)
	}
	session := make([]byte, 2048)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.reveal(s.close(session, kindSession), kindSession); err != nil {
			b.Fatal(err)
		}
	}
}
