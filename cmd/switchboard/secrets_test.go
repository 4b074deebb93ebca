package main

import (
	"bytes"
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
