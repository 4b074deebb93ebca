package vault_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard.example/sandbox/internal/vault"
)

const bucket = "things"

func open(t *testing.T, path string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(path, false, bucket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func TestWhatWasWaitedForIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.db")
	v := open(t, path)
	var writers sync.WaitGroup
	for i := range 50 {
		writers.Go(func() {
			var b vault.Batch
			b.Put(bucket, fmt.Sprintf("key %02d", i), []byte("x"))
			b.Put(bucket, "last", []byte("y"))
			if err := v.Wait(t.Context(), v.Submit(&b)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	var b vault.Batch
	b.Delete(bucket, "last")
	v.Submit(&b)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	again := open(t, path)
	if err := again.Each(bucket, func(string, []byte) error { n++; return nil }); err != nil || n != 50 {
		t.Errorf("there are %d keys: %v", n, err)
	}
	if last, err := again.Get(bucket, "last"); last != nil || err != nil {
		t.Errorf("last is %q: %v", last, err)
	}
}

func TestWhatLingersIsWrittenWithTheNextBatchOrByItself(t *testing.T) {
	t.Parallel()
	v := open(t, filepath.Join(t.TempDir(), "v.db"))
	put := func(key string) *vault.Batch {
		var b vault.Batch
		b.Put(bucket, key, []byte("x"))
		return &b
	}
	has := func(key string) bool {
		value, err := v.Get(bucket, key)
		return err == nil && value != nil
	}
	v.Linger(put("with the next"))
	if err := v.Wait(t.Context(), v.Submit(put("next"))); err != nil || !has("with the next") {
		t.Errorf("it is not there with the next batch: %v", err)
	}
	for i := range 200 { // against commits that happen to be under way
		v.Submit(put("other"))
		v.Linger(put(fmt.Sprint("flushed ", i)))
		if err := v.Wait(t.Context(), v.Flush()); err != nil || !has(fmt.Sprint("flushed ", i)) {
			t.Fatalf("it is not there after flush %d: %v", i, err)
		}
	}
	v.Linger(put("by itself"))
	deadline := time.Now().Add(5 * time.Second)
	for !has("by itself") {
		if time.Now().After(deadline) {
			t.Fatal("it is never written by itself")
		}
		runtime.Gosched()
	}
}

func TestWhoWaitsForAClosedVaultIsTold(t *testing.T) {
	t.Parallel()
	v := open(t, filepath.Join(t.TempDir(), "v.db"))
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	var b vault.Batch
	b.Put(bucket, "k", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := v.Wait(ctx, v.Submit(&b)); !errors.Is(err, vault.ErrClosed) {
		t.Errorf("the answer is %v", err)
	}
}

func TestAFileThatAnotherProgramUsesIsExplained(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.db")
	open(t, path)
	if _, err := vault.Open(path, false, bucket); err == nil || !strings.Contains(err.Error(), "another program is using") {
		t.Fatalf("got %v", err)
	}
}
