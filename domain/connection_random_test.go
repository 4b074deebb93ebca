package domain_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"switchboard.example/domain"
)

var seed = flag.Uint64("seed", 0, "repeat a random run; 0 takes a new one")

// Whatever wishes and observations meet, and in whatever order: the owner's wish holds, nothing contradicts it, and what
// is known is not recorded twice.
func TestWishesAndFactsNeverContradict(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	for sequence := range 20_000 {
		c := domain.Connection{Status: domain.Disconnected}
		var done []string
		for range 1 + random.IntN(30) {
			step := steps[random.IntN(len(steps))]
			done = append(done, step.name)
			after, events := follow(c, step.decide(c))
			if broken := step.contradiction(c, after, len(events)); broken != "" {
				t.Fatalf("seed %d, sequence %d: %s\n%v\n%+v", *seed, sequence, broken, done, after)
			}
			c = after
		}
	}
}

// step is a wish or a fact; decide answers what it appends.
type step struct {
	name   string
	decide func(domain.Connection) []domain.Event
	wish   string // connect, disconnect or unlink; empty for a fact
	again  bool   // asked or seen a second time, it may be news again
}

var steps = []step{
	{name: "connect by QR", wish: "connect", decide: wish(func(c domain.Connection) ([]domain.Event, error) { return c.Request(shop, domain.LinkByQR, "") })},
	{name: "connect by code", wish: "connect", decide: wish(func(c domain.Connection) ([]domain.Event, error) {
		return c.Request(shop, domain.LinkByCode, "2348030000001")
	})},
	{name: "disconnect", wish: "disconnect", decide: wish(func(c domain.Connection) ([]domain.Event, error) { return c.Close(shop, false, noon) })},
	{name: "unlink", wish: "unlink", decide: wish(func(c domain.Connection) ([]domain.Event, error) { return c.Close(shop, true, noon) })},
	{name: "restarted", again: true, decide: saw(domain.ConnectionReconnecting{WorkspaceID: shop, Attempt: 1, NextAt: noon, Reason: domain.ReasonRestarted})},
	{name: "reconnecting", again: true, decide: saw(retrying)},
	{name: "released", decide: saw(released)},
	{name: "QR shown", again: true, decide: saw(qrShown)},
	{name: "pairing code shown", again: true, decide: saw(domain.ConnectionPairingCodeIssued{WorkspaceID: shop, ExpiresAt: noon})},
	{name: "catching up", again: true, decide: saw(catching)},
	{name: "caught up", again: true, decide: saw(domain.ConnectionCaughtUp{WorkspaceID: shop, Announced: 3, Received: 3})},
	{name: "dropped", again: true, decide: saw(domain.ConnectionDisconnected{
		WorkspaceID: shop, Reason: domain.ReasonDropped, WillRetry: true, DisconnectedAt: noon,
	})},
	{name: "phone too old", decide: saw(domain.ConnectionCodeRefused{WorkspaceID: shop, Reason: domain.ReasonPhoneOutdated})},
	{name: "passkey asked for", decide: saw(passkey)},
	{name: "code expired", decide: saw(expired)},
	{name: "paired", decide: saw(paired)},
	{name: "connected", decide: saw(connected)},
	{name: "plan ended", decide: saw(domain.ConnectionDisconnected{WorkspaceID: shop, Reason: domain.ReasonPlanEnded, DisconnectedAt: noon})},
	{name: "unlinked on the phone", decide: saw(unlinked)},
	{name: "failed", decide: saw(domain.ConnectionFailed{WorkspaceID: shop, Reason: domain.ReasonFailed, Code: "415", FailedAt: noon})},
	{name: "restricted", decide: saw(domain.ConnectionRestricted{WorkspaceID: shop, Code: 104, Until: noon.Add(time.Hour)})},
	{name: "unstable", decide: saw(unstable)},
	{name: "steady again", decide: saw(domain.ConnectionSteadied{WorkspaceID: shop, Reason: domain.ReasonDegraded, SteadiedAt: noon})},
	{name: "phone not seen", decide: saw(domain.ConnectionDegraded{WorkspaceID: shop, Reason: domain.ReasonPhoneStale, Since: noon})},
	{name: "phone seen", decide: saw(domain.ConnectionSteadied{WorkspaceID: shop, Reason: domain.ReasonPhoneStale, SteadiedAt: noon})},
	{name: "crashed", decide: func(c domain.Connection) []domain.Event { return c.Crash(shop, "binary.Unpack", noon) }},
	{name: "restriction ended", decide: saw(domain.ConnectionRestrictionEnded{WorkspaceID: shop, Code: 104, EndedAt: noon})},
}

func wish(decide func(domain.Connection) ([]domain.Event, error)) func(domain.Connection) []domain.Event {
	return func(c domain.Connection) []domain.Event {
		events, err := decide(c)
		if err != nil {
			panic(err) // no wish of this test is malformed
		}
		return events
	}
}

func saw(e domain.ConnectionEvent) func(domain.Connection) []domain.Event {
	return func(c domain.Connection) []domain.Event { return c.Observe(e) }
}

func follow(c domain.Connection, events []domain.Event) (domain.Connection, []domain.Event) {
	for _, e := range events {
		c = c.Evolve(e.(domain.ConnectionEvent))
	}
	return c, events
}

// contradiction says what is wrong after the step; empty when nothing is.
func (s step) contradiction(before, after domain.Connection, appended int) string {
	again := s.decide(after)
	switch {
	case !s.again && len(again) > 0:
		return fmt.Sprintf("%s, twice, appends %T", s.name, again[0])
	case appended > 1:
		return "one step appended several events"
	case appended == 0 && !reflect.DeepEqual(after, before):
		return "nothing was appended and something changed"
	case s.wish == "connect" && !after.Desired:
		return "a wish to connect is not kept"
	case s.wish == "disconnect" && (after.Desired || after.Status != domain.Disconnected):
		return "a wish to disconnect is not kept"
	case s.wish == "disconnect" && after.Linked != before.Linked:
		return "disconnecting changed the link"
	case s.wish == "unlink" && (after.Linked || after.Desired || after.Status != domain.Disconnected):
		return "a wish to unlink is not kept"
	case s.wish == "" && after.Desired && !before.Desired:
		return "a fact made somebody wish"
	case after.Status == domain.Connected && (!after.Desired || !after.Linked):
		return "connected without a wish or a link"
	case after.Status == domain.Reconnecting && (!after.Desired || !after.Linked):
		return "reconnecting without a wish or a link"
	case after.Status == domain.Connecting && !after.Desired:
		return "connecting without a wish"
	}
	return ""
}
