package kill_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

var program string // the built binary

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, remove, err := rig.Folder()
		if err == nil {
			defer func() { _ = remove() }()
			program, err = rig.Build(context.Background(), folder)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// newSite makes an installation of the test's own.
func newSite(t *testing.T, settings ...string) rig.Site {
	t.Helper()
	folder, remove, err := rig.Folder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	site, err := rig.NewSite(t.Context(), program, folder)
	if err != nil {
		t.Fatal(err)
	}
	site.Settings = settings
	return site
}

// running is a part of the site that is killed and started again.
type running struct {
	t     *testing.T
	start func(context.Context) (*rig.Process, error)
	now   *rig.Process
}

// run starts a part and stops it in order at the end of the test.
func run(t *testing.T, start func(context.Context) (*rig.Process, error)) *running {
	t.Helper()
	r := &running{t: t, start: start}
	r.begin()
	t.Cleanup(func() {
		if err := r.now.Stop(); err != nil {
			t.Errorf("it did not end in order: %v", err)
		}
		if t.Failed() {
			t.Logf("what the program printed last:\n%s", tail(r.now.Output(), 6_000))
		}
	})
	return r
}

func (r *running) begin() {
	r.t.Helper()
	p, err := r.start(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	r.now = p
}

// crash kills it and starts it again on the same data.
func (r *running) crash() {
	r.t.Helper()
	r.now.Kill()
	r.begin()
}

func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return "…" + text[len(text)-n:]
}

// patient gives a step as long as it may take on a busy machine.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
	t.Cleanup(cancel)
	return ctx
}

const shopNumber = "2348030000001"

// newShop signs an owner up, links the shop's phone and teaches the bot an answer.
func newShop(t *testing.T, site rig.Site) *rig.Owner {
	t.Helper()
	ctx := patient(t)
	owner, err := site.Product().SignUp(ctx, "ada@example.com", "Ada's Kitchen")
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Phones().AddPhone(ctx, shopNumber, "Ada's Kitchen", "owner"); err != nil {
		t.Fatal(err)
	}
	if err := owner.Link(ctx, site.Phones(), shopNumber); err != nil {
		t.Fatal(err)
	}
	if err := owner.AddFAQ(ctx, answer, "How much is delivery?", "delivery price"); err != nil {
		t.Fatal(err)
	}
	return owner
}

const (
	question = "How much is delivery?"
	answer   = "Delivery is 1,500 within Lagos."
)

func customerNumber(n int) string { return fmt.Sprintf("23480550%05d", n) }
