package bot

import (
	"testing"
	"time"
)

func TestWhatNobodyAsksForLeavesMemory(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	library, now := w.turns.Library, w.now
	library.Now = func() time.Time { return now }
	first, err := library.Of(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	same := func() bool {
		t.Helper()
		k, err := library.Of(t.Context(), shop)
		if err != nil {
			t.Fatal(err)
		}
		return k == first
	}
	for range 3 { // asked now and then, it stays
		now = now.Add(libraryIdle)
		library.Forget(now)
		if !same() {
			t.Fatal("forgotten while in use")
		}
	}
	now = now.Add(libraryIdle + time.Second)
	if library.Forget(now); library.shelf.Len() != 0 {
		t.Fatal("kept for nobody")
	}
	if same() {
		t.Fatal("not built anew")
	}
}
