package domain_test

import (
	"testing"
	"time"

	"switchboard.example/domain"
	"switchboard.example/domain/domaintest"
)

const shop domain.WorkspaceID = "00000000-0000-5000-8000-000000000001"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var (
	requested  = domain.ConnectionRequested{WorkspaceID: shop, Method: domain.LinkByQR}
	qrShown    = domain.ConnectionQRIssued{WorkspaceID: shop, Attempt: 1, Of: 6, ExpiresAt: noon}
	tooOld     = domain.ConnectionCodeRefused{WorkspaceID: shop, Reason: domain.ReasonPhoneOutdated}
	passkey    = domain.ConnectionCodeRefused{WorkspaceID: shop, Reason: domain.ReasonPasskey}
	codeShown  = domain.ConnectionPairingCodeIssued{WorkspaceID: shop, ExpiresAt: noon}
	expired    = domain.ConnectionCodeExpired{WorkspaceID: shop}
	paired     = domain.ConnectionPaired{WorkspaceID: shop, Device: "2348030000001:2@s.whatsapp.net", Phone: "2348030000001"}
	connected  = domain.ConnectionConnected{WorkspaceID: shop, Attempt: 1, ConnectedAt: noon}
	closed     = domain.ConnectionDisconnected{WorkspaceID: shop, Reason: domain.ReasonClosedByOwner, DisconnectedAt: noon}
	retrying   = domain.ConnectionReconnecting{WorkspaceID: shop, Attempt: 2, NextAt: noon, Reason: domain.ReasonDropped}
	released   = domain.ConnectionReleased{WorkspaceID: shop, ReleasedAt: noon}
	unlinked   = domain.ConnectionUnlinked{WorkspaceID: shop, Reason: domain.ReasonUnlinkedOnPhone, UnlinkedAt: noon}
	catching   = domain.ConnectionCatchingUp{WorkspaceID: shop, Announced: 3, BeganAt: noon}
	caughtUp   = domain.ConnectionCaughtUp{WorkspaceID: shop, Announced: 3, Received: 3}
	unstable   = domain.ConnectionDegraded{WorkspaceID: shop, Reason: domain.ReasonDegraded, Since: noon}
	steady     = domain.ConnectionSteadied{WorkspaceID: shop, Reason: domain.ReasonDegraded, SteadiedAt: noon}
	unseen     = domain.ConnectionDegraded{WorkspaceID: shop, Reason: domain.ReasonPhoneStale, Since: noon}
	unlinkedBy = domain.ConnectionUnlinked{WorkspaceID: shop, Reason: domain.ReasonUnlinkedByOwner, UnlinkedAt: noon}
)

func given(t *testing.T, history ...domain.ConnectionEvent) domaintest.Story[domain.Connection] {
	t.Helper()
	return domaintest.Given(t, domain.Connection{}, history...)
}

func TestRequestingAConnection(t *testing.T) {
	byQR := func(c domain.Connection) ([]domain.Event, error) { return c.Request(shop, domain.LinkByQR, "") }
	byCode := func(phone string) func(domain.Connection) ([]domain.Event, error) {
		return func(c domain.Connection) ([]domain.Event, error) { return c.Request(shop, domain.LinkByCode, phone) }
	}
	t.Run("the first request is recorded", func(t *testing.T) {
		given(t).When(byQR).Then(requested)
	})
	t.Run("asking twice changes nothing", func(t *testing.T) {
		given(t, requested).When(byQR).ThenNothing()
		given(t, requested, qrShown).When(byQR).ThenNothing()
	})
	t.Run("asking while connected changes nothing", func(t *testing.T) {
		given(t, requested, paired, connected).When(byQR).ThenNothing()
	})
	t.Run("asking while it reconnects changes nothing", func(t *testing.T) {
		given(t, requested, paired, connected, retrying).When(byQR).ThenNothing()
	})
	t.Run("an expired code can be asked for again", func(t *testing.T) {
		given(t, requested, qrShown, expired).When(byQR).Then(requested)
	})
	t.Run("a closed link is reopened without a new code", func(t *testing.T) {
		given(t, requested, paired, connected, closed).When(byQR).Then(domain.ConnectionRequested{WorkspaceID: shop})
	})
	t.Run("an unlinked number is linked anew", func(t *testing.T) {
		given(t, requested, paired, connected, unlinked).When(byQR).Then(requested)
	})
	t.Run("asking for a pairing code while a QR is shown starts over with the code", func(t *testing.T) {
		given(t, requested, qrShown).When(byCode("2348030000001")).
			Then(domain.ConnectionRequested{WorkspaceID: shop, Method: domain.LinkByCode, Phone: "2348030000001"})
	})
	t.Run("a malformed phone is refused", func(t *testing.T) {
		for _, phone := range []string{"", "080", "08030000001", "+2348030000001", "234803000000123456"} {
			given(t).When(byCode(phone)).ThenRefused("phone.invalid")
		}
	})
}

func TestClosingAConnection(t *testing.T) {
	keep := func(c domain.Connection) ([]domain.Event, error) { return c.Close(shop, false, noon) }
	unlink := func(c domain.Connection) ([]domain.Event, error) { return c.Close(shop, true, noon) }
	t.Run("closing keeps the link", func(t *testing.T) { given(t, requested, paired, connected).When(keep).Then(closed) })
	t.Run("closing twice changes nothing", func(t *testing.T) {
		given(t, requested, paired, connected, closed).When(keep).ThenNothing()
	})
	t.Run("unlinking works while closed", func(t *testing.T) {
		given(t, requested, paired, connected, closed).When(unlink).Then(unlinkedBy)
	})
	t.Run("closing while a code is shown cancels linking", func(t *testing.T) {
		given(t, requested, qrShown).When(keep).
			Then(domain.ConnectionDisconnected{WorkspaceID: shop, Reason: domain.ReasonCancelled, DisconnectedAt: noon})
	})
	t.Run("what never connected cannot be closed", func(t *testing.T) { given(t).When(unlink).ThenNothing() })
}

func TestObservations(t *testing.T) {
	saw := func(e domain.ConnectionEvent) func(domain.Connection) ([]domain.Event, error) {
		return func(c domain.Connection) ([]domain.Event, error) { return c.Observe(e), nil }
	}
	t.Run("a code issued after the owner cancelled is dropped", func(t *testing.T) {
		cancelled := domain.ConnectionDisconnected{WorkspaceID: shop, Reason: domain.ReasonCancelled}
		given(t, requested, cancelled).When(saw(qrShown)).ThenNothing()
	})
	t.Run("a reconnect after an unlink is dropped", func(t *testing.T) {
		given(t, requested, paired, connected, unlinked).When(saw(retrying)).ThenNothing()
	})
	t.Run("connected is recorded once", func(t *testing.T) {
		given(t, requested, paired).When(saw(connected)).Then(connected)
		given(t, requested, paired, connected).When(saw(connected)).ThenNothing()
	})
	t.Run("a missed ping is recorded once, while connected", func(t *testing.T) {
		given(t, requested, paired, connected).When(saw(unstable)).Then(unstable)
		given(t, requested, paired, connected, unstable).When(saw(unstable)).ThenNothing()
		given(t, requested, paired, connected, retrying).When(saw(unstable)).ThenNothing()
	})
	t.Run("what was not unstable does not become steady", func(t *testing.T) {
		given(t, requested, paired, connected, unstable).When(saw(steady)).Then(steady)
		given(t, requested, paired, connected).When(saw(steady)).ThenNothing()
		given(t, requested, paired, connected, unseen).When(saw(steady)).ThenNothing()
	})
	t.Run("catching up is recorded once, while connected", func(t *testing.T) {
		given(t, requested, paired, connected).When(saw(catching)).Then(catching)
		given(t, requested, paired, connected, catching).When(saw(catching)).ThenNothing()
		given(t, requested, paired, connected, retrying).When(saw(catching)).ThenNothing()
	})
	t.Run("what was connected is let go of, once", func(t *testing.T) {
		given(t, requested, paired, connected).When(saw(released)).Then(released)
		given(t, requested, paired, connected, released).When(saw(released)).ThenNothing()
		given(t, requested, paired, connected, retrying).When(saw(released)).ThenNothing()
		given(t, requested, paired, connected, closed).When(saw(released)).ThenNothing()
		given(t, requested, paired, connected, unlinked).When(saw(released)).ThenNothing()
	})
	t.Run("pairing is a fact even when nobody wants it any more", func(t *testing.T) {
		given(t).When(saw(paired)).Then(paired)
	})
}

func TestStatusFollowsTheEvents(t *testing.T) {
	for _, step := range []struct {
		name    string
		history []domain.ConnectionEvent
		status  domain.ConnectionStatus
		reason  domain.Reason
		desired bool
	}{
		{"requested", []domain.ConnectionEvent{requested}, domain.Connecting, domain.ReasonRequested, true},
		{"code shown", []domain.ConnectionEvent{requested, qrShown}, domain.Connecting, domain.ReasonCodeShown, true},
		{"code expired", []domain.ConnectionEvent{requested, qrShown, expired}, domain.Disconnected, domain.ReasonCodeExpired, false},
		{"the phone is too old", []domain.ConnectionEvent{requested, qrShown, tooOld, qrShown}, domain.Connecting, domain.ReasonPhoneOutdated, true},
		{"asked again after that", []domain.ConnectionEvent{requested, qrShown, tooOld, expired, requested, qrShown}, domain.Connecting, domain.ReasonCodeShown, true},
		{"a passkey is asked for", []domain.ConnectionEvent{requested, qrShown, passkey, qrShown}, domain.Connecting, domain.ReasonPasskey, true},
		{"a passkey, by code", []domain.ConnectionEvent{requested, codeShown, passkey, codeShown}, domain.Connecting, domain.ReasonPasskey, true},
		{"nobody scanned again after that", []domain.ConnectionEvent{requested, qrShown, passkey, qrShown, expired}, domain.Disconnected, domain.ReasonPasskey, false},
		{"asked again after a passkey", []domain.ConnectionEvent{requested, qrShown, passkey, expired, requested, qrShown}, domain.Connecting, domain.ReasonCodeShown, true},
		{"paired", []domain.ConnectionEvent{requested, qrShown, paired}, domain.Connecting, domain.ReasonLinking, true},
		{"connected", []domain.ConnectionEvent{requested, paired, connected}, domain.Connected, domain.ReasonOnline, true},
		{"a missed ping", []domain.ConnectionEvent{requested, paired, connected, unstable}, domain.Connected, domain.ReasonDegraded, true},
		{"steady again", []domain.ConnectionEvent{requested, paired, connected, unstable, steady}, domain.Connected, domain.ReasonOnline, true},
		{"catching up", []domain.ConnectionEvent{requested, paired, connected, catching}, domain.Connected, domain.ReasonCatchingUp, true},
		{"caught up", []domain.ConnectionEvent{requested, paired, connected, catching, caughtUp}, domain.Connected, domain.ReasonOnline, true},
		{"a phone not seen, caught up", []domain.ConnectionEvent{requested, paired, connected, unseen, catching, caughtUp}, domain.Connected, domain.ReasonPhoneStale, true},
		{"phone not seen", []domain.ConnectionEvent{requested, paired, connected, unseen}, domain.Connected, domain.ReasonPhoneStale, true},
		{"dropped", []domain.ConnectionEvent{requested, paired, connected, retrying}, domain.Reconnecting, domain.ReasonDropped, true},
		{"let go of by a process that ends", []domain.ConnectionEvent{requested, paired, connected, released}, domain.Reconnecting, domain.ReasonRestarted, true},
		{"let go of, and taken over", []domain.ConnectionEvent{requested, paired, connected, released, connected}, domain.Connected, domain.ReasonOnline, true},
		{"closed by the owner", []domain.ConnectionEvent{requested, paired, connected, closed}, domain.Disconnected, domain.ReasonClosedByOwner, false},
		{"unlinked on the phone", []domain.ConnectionEvent{requested, paired, connected, unlinked}, domain.Disconnected, domain.ReasonUnlinkedOnPhone, false},
	} {
		t.Run(step.name, func(t *testing.T) {
			var c domain.Connection
			for _, e := range step.history {
				c = c.Evolve(e)
			}
			if c.Status != step.status || c.Reason != step.reason || c.Desired != step.desired {
				t.Fatalf("got %s, %s, desired %v", c.Status, c.Reason, c.Desired)
			}
		})
	}
}
