package kill_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

// A message of one shop ends the program in a goroutine that nobody can recover, each time it is delivered, as a malformed
// frame did to the library. The shop is set aside, and the other one lives.
func TestAWorkspaceThatKeepsEndingTheProgramIsSetAside(t *testing.T) {
	t.Parallel()
	site := newSite(t, quick...)
	folder, remove, err := rig.Folder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	if site.Binary, err = rig.Build(t.Context(), folder, "-tags", "failpoints"); err != nil {
		t.Fatal(err)
	}
	run(t, func(ctx context.Context) (*rig.Process, error) { return site.StartPhones(ctx) })
	server := run(t, func(ctx context.Context) (*rig.Process, error) { return startUntilItStays(ctx, site) })
	sick := newShop(t, site)
	well, err := site.Product().SignUp(patient(t), "zed@example.com", "Zed's")
	must(t, err)
	const wellNumber = "2348030000002"
	must(t, site.Phones().AddPhone(patient(t), wellNumber, "Zed's", "owner"))
	must(t, well.Link(patient(t), site.Phones(), wellNumber))
	must(t, well.AddFAQ(patient(t), answer, question))
	gather(t, site.Phones(), 3)

	server.crash() // a kill is no crash
	must(t, sick.Online(patient(t)))
	expectFacts(t, sick, "connection.connected", 2) // what would have been said before that
	expectFacts(t, sick, "connection.crashed", 0)

	poison, err := site.Phones().Send(patient(t), customerNumber(0), shopNumber, "boom", "phone")
	must(t, err)
	<-server.now.Ended()
	three, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	must(t, rig.Eventually(three, "wait for the shop to be set aside", func(ctx context.Context) error {
		select {
		case <-server.now.Ended():
			server.begin() //nolint:contextcheck // it outlives the question
		default:
		}
		c, err := sick.Connection(ctx)
		if err == nil && (c.WhatsappConnectionStatus != "disconnected" || c.Reason != "crashed") {
			return rig.ErrNotYet
		}
		return err
	}))
	expectFacts(t, sick, "connection.crashed", 3)
	must(t, well.Online(patient(t)))
	_, err = site.Phones().Send(patient(t), customerNumber(1), wellNumber, question, "phone")
	must(t, err)
	others := &crowd{phones: site.Phones(), sent: map[string]rig.Message{customerNumber(1): {}}}
	must(t, others.answered(patient(t)))
	expectFacts(t, well, "connection.crashed", 0)
	if list, err := site.Run(patient(t), "admin", "list"); err != nil || !strings.Contains(list, "crashed") {
		t.Errorf("the platform's people are not told: %v\n%s", err, list)
	}

	// A version without the fault: the shop is released, and what WhatsApp kept for it is answered.
	site.Binary = program
	server.crash()
	must(t, well.Online(patient(t)))
	if c, err := sick.Connection(patient(t)); err != nil || c.Reason != "crashed" {
		t.Errorf("a restart released it: %+v, %v", c, err)
	}
	if said, err := site.Run(patient(t), "admin", "connect", "--workspace", sick.Workspace, "--reason", "mended"); err != nil {
		t.Fatal(err, said)
	}
	must(t, sick.Online(patient(t)))
	must(t, rig.Eventually(patient(t), "wait for the message", func(ctx context.Context) error {
		facts, err := sick.Facts(ctx, "conversation.message_received")
		if err == nil && (len(facts) != 1 || !strings.Contains(string(facts[0].Data), poison.ID)) {
			return rig.ErrNotYet
		}
		return err
	}))
}

// startUntilItStays starts the program again as a supervisor does: it may end before it is ready.
func startUntilItStays(ctx context.Context, site rig.Site) (*rig.Process, error) {
	for {
		p, err := site.StartServerWith(ctx, "SWITCHBOARD_FAILPOINT=panic:boom")
		if err == nil || !strings.Contains(err.Error(), "panic: failpoint panic") {
			return p, err
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// expectFacts waits until the history shows as many.
func expectFacts(t *testing.T, owner *rig.Owner, kind string, n int) {
	t.Helper()
	must(t, rig.Eventually(patient(t), "wait for "+kind, func(ctx context.Context) error {
		facts, err := owner.Facts(ctx, kind)
		if err == nil && len(facts) != n {
			return fmt.Errorf("there are %d, not %d", len(facts), n)
		}
		return err
	}))
}
