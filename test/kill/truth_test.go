package kill_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"switchboard.example/test/rig"
)

// After a kill the log still has the line as connected, and WhatsApp lets nobody in for a while: from the first answer of the
// new process on, not one look may show the line as connected before it is.
func TestAfterAKillNoLineIsShownAsConnectedThatIsNot(t *testing.T) {
	t.Parallel()
	site := newSite(t, quick...)
	run(t, func(ctx context.Context) (*rig.Process, error) { return site.StartPhones(ctx) })
	server := run(t, site.StartServer)
	owner := newShop(t, site)
	for range 3 {
		must(t, site.Phones().Fault(patient(t), map[string]any{"kind": "refuse_http", "probability": 1}))
		server.now.Kill()
		looking, stop := context.WithCancel(t.Context())
		truth := make(chan error, 1)
		answers := make(chan struct{}, 1)
		go func() { truth <- watch(looking, site, owner, answers) }()
		server.begin()
		for range 20 { // while nobody is let in
			<-answers
		}
		must(t, site.Phones().Forgive(patient(t)))
		must(t, owner.Online(patient(t)))
		stop()
		must(t, <-truth)
	}
}

var errLie = errors.New("shown as connected while nobody is")

// watch looks at what is shown and what is true until ctx ends.
func watch(ctx context.Context, site rig.Site, owner *rig.Owner, answers chan<- struct{}) error {
	for tick := time.NewTicker(5 * time.Millisecond); ctx.Err() == nil; <-tick.C {
		before := up(ctx, site)
		c, err := owner.Connection(ctx)
		if err != nil {
			continue
		}
		if c.WhatsappConnectionStatus == "connected" && !before && !up(ctx, site) && ctx.Err() == nil {
			close(answers)
			return errLie
		}
		select {
		case answers <- struct{}{}:
		case <-ctx.Done():
		default:
		}
	}
	return nil
}

// up says whether the local WhatsApp has the shop's device now.
func up(ctx context.Context, site rig.Site) bool {
	r, err := site.Phones().Judge(ctx, shopNumber)
	return err == nil && len(r.Connections) > 0 && r.Connections[len(r.Connections)-1].ClosedAt == nil
}
