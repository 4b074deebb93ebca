package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestSecretsAreMadeOnceAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "secrets.json")
	first, err := readSecrets(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := readSecrets(file)
	if err != nil || !bytes.Equal(first.TokenKey, again.TokenKey) {
		t.Fatalf("made anew: %v", err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("readable by others: %v %v", info.Mode(), err)
	}
}

func TestADamagedSecretFileIsNeverReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(`{"token_key":"AAAA"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readSecrets(file); err == nil {
		t.Fatal("accepted")
	}
}

func TestOldCodeKeysAreReadBesideTheNewest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.json")
	now, err := readSecrets(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old    []byte
		usable bool
	}{{bytes.Repeat([]byte{7}, 32), true}, {[]byte("short"), false}} {
		now.OldCodeKeys = [][]byte{c.old}
		data, err := json.Marshal(now)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := readSecrets(file)
		if usable := err == nil; usable != c.usable {
			t.Fatalf("an old key of %d bytes: %v", len(c.old), err)
		}
		if !c.usable {
			continue
		}
		if keys := again.sealKeys(); keys.Newest != [32]byte(now.CodeKey) || len(keys.Old) != 1 || keys.Old[0] != [32]byte(c.old) {
			t.Errorf("the keys are %+v", keys)
		}
	}
}
