package bot

import (
	"context"
	"errors"
	"testing"
	"time"

	"switchboard.example/domain"
)

// behind is a source that has what was taught only once somebody waits for it.
type behind struct{ has, waited int64 }

func (b *behind) FAQRevision(context.Context, domain.WorkspaceID) (int64, error) { return b.has, nil }

func (b *behind) FAQs(context.Context, domain.WorkspaceID) ([]domain.FAQ, error) {
	return shopFAQs[:b.has], nil
}

func TestWhoWasToldThatAnFAQIsLiveMayAskAtOnce(t *testing.T) {
	source := &behind{has: 1}
	library, err := NewLibrary(source)
	if err != nil {
		t.Fatal(err)
	}
	knows := func(n int) {
		t.Helper()
		k, err := library.Of(t.Context(), shop)
		if err != nil || len(k.All) != n {
			t.Fatalf("%+v, %v; want %d FAQs", k, err, n)
		}
	}
	knows(1)
	library.Caught = func(_ context.Context, position int64) error {
		source.waited, source.has = position, 2
		return nil
	}
	library.Taught(shop, 77)
	knows(2)
	if source.waited != 77 {
		t.Errorf("waited for %d", source.waited)
	}
	library.Caught = func(context.Context, int64) error {
		source.waited++
		return errors.New("not today")
	}
	library.Taught(shop, 78)
	knows(2) // an answer from what was known beats a late one
	knows(2)
	if source.waited != 78 {
		t.Error("waited again for what does not come")
	}
}

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

func TestWhatIsJudgedOnTheFAQsKnowsWhatTheLogSaysOfThem(t *testing.T) {
	source := &behind{has: 1}
	library, err := NewLibrary(source)
	if err != nil {
		t.Fatal(err)
	}
	library.Caught = func(_ context.Context, position int64) error {
		source.waited, source.has = position, 2
		return nil
	}
	if k, err := library.Since(t.Context(), shop, 0); err != nil || len(k.All) != 1 || source.waited != 0 {
		t.Fatalf("%+v, %v: nothing was to be waited for", k, err)
	}
	if k, err := library.Since(t.Context(), shop, 7); err != nil || len(k.All) != 2 || source.waited != 7 {
		t.Fatalf("%+v, %v, after %d", k, err, source.waited)
	}
	library.Caught = func(context.Context, int64) error { return errors.New("not yet") }
	if _, err := library.Since(t.Context(), shop, 9); !errors.Is(err, errBehind) {
		t.Fatalf("judged on less than there is: %v", err)
	}
}
