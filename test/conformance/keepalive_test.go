package conformance_test

import (
	"os"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// whatsmeow's keep-alive is a matter of minutes, set for the whole process; here of
// moments.
func TestMain(m *testing.M) {
	whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = 100*time.Millisecond, 200*time.Millisecond
	whatsmeow.KeepAliveResponseDeadline, whatsmeow.KeepAliveMaxFailTime = 2*time.Second, 3*time.Second
	os.Exit(m.Run())
}

func TestAHalfOpenConnectionIsNoticedByTheKeepAlive(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	client := sandboxtest.Paired(t, s.server, s.shop)
	from := client.Events()
	s.fault(t, sandbox.Fault{Kind: "half_open", Phone: shop})
	s.write(t, sandbox.Outgoing{Text: "into the void"})
	sandboxtest.Await[*events.KeepAliveTimeout](client, from, nil)
	sandboxtest.Await[*events.Connected](client, from, nil)
	client.AwaitText(from, "into the void")
	if connections := s.shop.Judge().Connections; len(connections) != 2 || connections[1].In == 0 {
		t.Errorf("the judge saw %+v", connections)
	}
}

func TestAHalfOpenConnectionThatHealsIsKept(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	client := sandboxtest.Paired(t, s.server, s.shop)
	from := client.Events()
	s.fault(t, sandbox.Fault{Kind: "half_open", Phone: shop, Seconds: 2.2})
	sandboxtest.Await[*events.KeepAliveTimeout](client, from, nil)
	sandboxtest.Await[*events.KeepAliveRestored](client, from, nil)
	if connections := s.shop.Judge().Connections; len(connections) != 1 {
		t.Errorf("the judge saw %+v", connections)
	}
}
