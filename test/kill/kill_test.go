package kill_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

// quick lifts the pauses that make replies look typed: what is counted here does not depend on them.
var quick = []string{"SWITCHBOARD_PACING=off", "SWITCHBOARD_CONNECT_RATE=unlimited"}

const every = 60 * time.Millisecond // between two customers

func TestAServerKilledWhileCustomersWriteLosesNothingAndAnswersNobodyTwice(t *testing.T) {
	t.Parallel()
	site := newSite(t, quick...)
	run(t, func(ctx context.Context) (*rig.Process, error) { return site.StartPhones(ctx) })
	server := run(t, site.StartServer)
	owner := newShop(t, site)
	const rounds, perRound = 4, 30
	customers := gather(t, site.Phones(), rounds*perRound)
	moments := rand.New(rand.NewPCG(1, 2))

	for round := range rounds {
		wrote := make(chan error, 1)
		go func() {
			wrote <- customers.write(patient(t), round*perRound, (round+1)*perRound)
		}()
		// The moment is drawn, not fixed: each kill falls into another stage of some message's way.
		awaitSent(t, customers, round*perRound+1+moments.IntN(perRound-1))
		server.crash()
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
	}

	if err := owner.Online(patient(t)); err != nil {
		t.Fatalf("it did not come back: %v", err)
	}
	if err := customers.answered(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := customers.check(patient(t)); err != nil {
		t.Error(err)
	}
	expectRecordedOnce(t, owner, customers)
}

func TestAKilledDemoIsStillLinkedAndGoesOn(t *testing.T) {
	t.Parallel()
	site := newSite(t) // as people run it, pauses and all
	demo := run(t, site.StartDemo)
	owner := newShop(t, site)
	const perRound = 6
	customers := gather(t, site.Phones(), 2*perRound)

	if err := customers.write(patient(t), 0, perRound); err != nil {
		t.Fatal(err)
	}
	demo.crash() // in the middle of the pauses before the answers
	if err := owner.Online(patient(t)); err != nil {
		t.Fatalf("it did not come back: %v", err)
	}
	devices, err := site.Phones().Devices(patient(t), shopNumber)
	if err != nil || devices != 1 {
		t.Fatalf("the phone has %d linked devices, %v", devices, err)
	}
	if err := customers.write(patient(t), perRound, 2*perRound); err != nil {
		t.Fatal(err)
	}
	if err := customers.answered(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := customers.check(patient(t)); err != nil {
		t.Error(err)
	}
	expectRecordedOnce(t, owner, customers)
}

// awaitSent waits until so many customers have written.
func awaitSent(t *testing.T, c *crowd, n int) {
	t.Helper()
	err := rig.Eventually(patient(t), "wait for messages", func(context.Context) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.sent) < n {
			return rig.ErrNotYet
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// expectRecordedOnce compares the log with the phones: each message is in it once, and nothing else is.
func expectRecordedOnce(t *testing.T, owner *rig.Owner, c *crowd) {
	t.Helper()
	facts, err := owner.Facts(patient(t), "conversation.message_received")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]int{}
	for _, fact := range facts {
		var data map[string]any
		if err := json.Unmarshal(fact.Data, &data); err != nil {
			t.Fatal(err)
		}
		id, _ := data["message_id"].(string)
		recorded[id]++
	}
	for number, m := range c.sent {
		if recorded[m.ID] != 1 {
			t.Errorf("the message of %s is in the log %d times", number, recorded[m.ID])
		}
	}
	if len(recorded) != len(c.sent) {
		t.Errorf("%d messages were sent, %d are in the log", len(c.sent), len(recorded))
	}
}
