package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard.example/adapters/webpush"
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

func TestAnotherDatabasesSecretFileEndsTheStart(t *testing.T) {
	w := newWorld(t)
	w.links(w.signsUp("ada@example.com"), shopNumber)
	w.asks(w.phone(customerNumber), shopNumber, "how much is delivery", 1)
	w.stop()
	right := w.env("SWITCHBOARD_SECRET_FILE")
	away := right + ".away"
	if err := os.Rename(right, away); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(w.env)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the file is made by the first, and is no better the second time
		if _, err := start(w.ctx, c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), right) {
			t.Fatalf("it started with a new secret file, or does not name it: %v", err)
		}
	}
	if code, _, errs := w.runs("admin", "list"); code == 0 || !strings.Contains(errs, "secret file") {
		t.Fatalf("a tool said %d %s", code, errs)
	}
	if err := os.Rename(away, right); err != nil {
		t.Fatal(err)
	}
	w.starts()
}

func TestAFileFromBeforeThereWasAPushKeyStaysAndEveryCopyOfItHasTheSame(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.json")
	made, err := readSecrets(file)
	if err != nil {
		t.Fatal(err)
	}
	before := made
	before.PushKey = nil
	data, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var keys [][]byte
	for range 2 {
		older := filepath.Join(t.TempDir(), "secrets.json")
		if err := os.WriteFile(older, data, 0o400); err != nil {
			t.Fatal(err)
		}
		read, err := readSecrets(older)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, read.PushKey)
		if left, err := os.ReadFile(older); err != nil || !bytes.Equal(left, data) {
			t.Errorf("the file was changed: %v", err)
		}
	}
	if !bytes.Equal(keys[0], keys[1]) || bytes.Equal(keys[0], made.PushKey) || bytes.Equal(keys[0], made.ReplyKey) {
		t.Error("the keys are wrong")
	}
	if _, err := webpush.PublicKey(keys[0]); err != nil {
		t.Error(err)
	}
	again, err := readSecrets(file)
	if err != nil || !bytes.Equal(again.PushKey, made.PushKey) {
		t.Errorf("a key that was made is not kept: %v", err)
	}
	made.PushKey = make([]byte, 32)
	if data, err = json.Marshal(made); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readSecrets(file); err == nil {
		t.Error("a damaged key is accepted")
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
