package postgres

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// committing records how many requests each batch had, and when it was committed.
type committing struct {
	mu      sync.Mutex
	began   time.Time
	takes   time.Duration
	batches []int
	after   []time.Duration
}

func (c *committing) commit(_ context.Context, batch []request) ([]verdict, error) {
	c.mu.Lock()
	c.batches, c.after = append(c.batches, len(batch)), append(c.after, time.Since(c.began))
	c.mu.Unlock()
	time.Sleep(c.takes)
	verdicts := make([]verdict, len(batch))
	for i := range verdicts {
		verdicts[i] = verdict{outcome: "appended", position: 1}
	}
	return verdicts, nil
}

// inTime plays with an appender whose commits take so long.
func inTime(t *testing.T, takes time.Duration, play func(append func(patient bool))) *committing {
	t.Helper()
	c := &committing{takes: takes}
	synctest.Test(t, func(t *testing.T) {
		c.began = time.Now()
		a := &appender{commit: c.commit, now: time.Now, log: slog.New(slog.DiscardHandler)}
		var callers sync.WaitGroup
		play(func(patient bool) {
			r := request{events: 1, source: commands.AppendRequest{Patient: patient, Parts: []commands.Part{{Stream: domain.StreamID{}}}}}
			callers.Go(func() {
				if _, err := a.append(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		})
		callers.Wait()
	})
	return c
}

func TestAPatientAppendGoesWithTheNext(t *testing.T) {
	c := inTime(t, time.Millisecond, func(append func(bool)) {
		append(true)
		append(true)
		time.Sleep(5 * time.Millisecond)
		append(false)
	})
	if !slices.Equal(c.batches, []int{3}) || c.after[0] != 5*time.Millisecond {
		t.Errorf("batches of %v after %v", c.batches, c.after)
	}
}

func TestAPatientAppendDoesNotWaitForEver(t *testing.T) {
	c := inTime(t, time.Millisecond, func(append func(bool)) {
		append(true)
		time.Sleep(time.Minute)
		append(true)
	})
	if !slices.Equal(c.batches, []int{1, 1}) || c.after[0] != patience || c.after[1] != time.Minute+patience {
		t.Errorf("batches of %v after %v", c.batches, c.after)
	}
}

func TestAPatientAppendGoesWithTheBatchThatIsNextAnyway(t *testing.T) {
	c := inTime(t, 10*time.Millisecond, func(append func(bool)) {
		append(false)
		append(false) // both places are taken
		append(true)
		append(false)
	})
	if !slices.Equal(c.batches, []int{1, 1, 2}) || c.after[2] != 10*time.Millisecond {
		t.Errorf("batches of %v after %v", c.batches, c.after)
	}
}
