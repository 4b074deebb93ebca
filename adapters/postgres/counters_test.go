package postgres_test

import (
	"sync"
	"testing"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

func TestFAQNumbersAreNeverGivenTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	counters := postgres.Counters{DB: w.worker}
	one, two := newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	var given sync.Map
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			number, err := counters.NextFAQNumber(t.Context(), one)
			if _, twice := given.LoadOrStore(number, true); err != nil || twice || number < 1 || number > 20 {
				t.Errorf("number %d, given before: %v, %v", number, twice, err)
			}
		})
	}
	all.Wait()
	if number, err := counters.NextFAQNumber(t.Context(), two); err != nil || number != 1 {
		t.Errorf("another workspace starts at %d, %v", number, err)
	}
}
