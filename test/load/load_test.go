package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/test/rig"
)

func TestTheSameSeedWritesTheSame(t *testing.T) {
	t.Parallel()
	p := plan{Workspaces: 10, Rate: 20, Duration: 30 * time.Second, Seed: 7}
	if diff := cmp.Diff(compose(p, 10), compose(p, 10), cmp.AllowUnexported(ask{}, lesson{})); diff != "" {
		t.Error(diff)
	}
	p.Seed = 8
	if cmp.Equal(compose(p, 10)[:20], compose(plan{Rate: 20, Duration: 30 * time.Second, Seed: 7}, 10)[:20], cmp.AllowUnexported(ask{}, lesson{})) {
		t.Error("another seed wrote the same")
	}
}

func TestACustomerRestsBetweenMessagesAndStaysWithOneShop(t *testing.T) {
	t.Parallel()
	last, shop, again := map[string]time.Duration{}, map[string]int{}, 0
	for _, a := range compose(plan{Rate: 20, Duration: time.Minute, Seed: 1}, 100) {
		if before, known := last[a.customer]; known {
			again++
			if a.at-before < rest || shop[a.customer] != a.shop {
				t.Fatalf("%s wrote to %d after %v", a.customer, a.shop, a.at-before)
			}
		}
		last[a.customer], shop[a.customer] = a.at, a.shop
	}
	if again == 0 || len(last) < 100 {
		t.Errorf("%d messages by known customers, %d customers", again, len(last))
	}
}

func TestAnswersAreFoundMissedAndCounted(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	reply := func(after time.Duration, text string) rig.Message {
		at := begin.Add(after)
		return rig.Message{Direction: "in", Text: text, DecryptedAt: &at, Copies: 1}
	}
	e := exchange{ask: ask{lesson: lessons[0]}, message: rig.Message{At: begin}}
	replies := []rig.Message{reply(-time.Second, lessons[0].answer), reply(time.Second, lessons[1].answer), reply(2*time.Second, "Hi!\n"+lessons[0].answer)}
	if got := answering(replies, e, 0); got != 2 {
		t.Errorf("found %d", got)
	}
	if got := answering(replies[:2], e, 0); got != -1 {
		t.Errorf("found %d where there is none", got)
	}
}

func TestSpreadTakesTheRanks(t *testing.T) {
	t.Parallel()
	var took []time.Duration
	for i := 100; i >= 1; i-- {
		took = append(took, time.Duration(i)*time.Millisecond)
	}
	if diff := cmp.Diff(spread{N: 100, P50: 50, P90: 90, P95: 95, P99: 99, Max: 100}, spreadOf(took)); diff != "" {
		t.Error(diff)
	}
}

func TestTheLimitsJudgeTheSizeTheyAreFor(t *testing.T) {
	t.Parallel()
	slow := spread{N: 10, P50: 16, P95: 2001, P99: 90}
	for name, one := range map[string]struct {
		result result
		fails  bool
	}{
		"small and slow":  {result{Workspaces: 100, Rate: 20, Reply: slow}, false},
		"full and slow":   {result{Workspaces: 1000, Rate: 50, Reply: slow}, true},
		"full and fast":   {result{Workspaces: 1000, Rate: 50, Reply: spread{P50: 15, P99: 100}}, false},
		"small and lossy": {result{Workspaces: 100, Rate: 20, Lost: 1}, true},
		"refused":         {result{Workspaces: 100, Rate: 20, Refused: 1}, true},
		"doubled":         {result{Workspaces: 100, Rate: 20, Doubled: 1}, true},
		"paced too slow":  {result{Workspaces: 20, Rate: 4, Pacing: true, Reply: slow}, true},
	} {
		if err := one.result.scorecard().Missed(); (err != nil) != one.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}
