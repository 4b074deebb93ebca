package sandbox_test

import (
	"context"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

const (
	shop = "2348010000001"
	ada  = "2348020000001"
)

// scene is a shop's phone, a customer's phone and the shop's linked device.
type scene struct {
	server         *sandbox.Server
	shop, customer *sandbox.Phone
	client         *sandboxtest.Client
}

func newPhone(t *testing.T, s *sandbox.Server, number, name string) *sandbox.Phone {
	t.Helper()
	p, err := s.Phone(number, name)
	if err != nil {
		t.Fatalf("make a phone: %v", err)
	}
	return p
}

func newScene(t *testing.T) scene {
	t.Helper()
	return sceneOn(t, sandboxtest.New(t))
}

func sceneOn(t *testing.T, server *sandbox.Server) scene {
	t.Helper()
	s := scene{server: server, shop: newPhone(t, server, shop, "Shop"), customer: newPhone(t, server, ada, "Ada")}
	s.client = sandboxtest.Paired(t, server, s.shop)
	return s
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// write sends from the customer and returns the message.
func (s scene) write(t *testing.T, o sandbox.Outgoing) sandbox.Message {
	t.Helper()
	if o.To == "" {
		o.To = shop
	}
	m, err := s.customer.SendMessage(patient(t), o)
	if err != nil {
		t.Fatalf("the customer could not send: %v", err)
	}
	return m
}

// await waits until the phone has a message that matches.
func await(t *testing.T, p *sandbox.Phone, what string, match func(sandbox.Message) bool) sandbox.Message {
	t.Helper()
	m, err := p.WaitFor(patient(t), match)
	if err != nil {
		t.Fatalf("the phone never had %s; it has %+v", what, p.Messages())
	}
	return m
}

func withText(text string) func(sandbox.Message) bool {
	return func(m sandbox.Message) bool { return m.Text == text && m.Status != sandbox.StatusFailed }
}

func withStatus(id, status string) func(sandbox.Message) bool {
	return func(m sandbox.Message) bool { return m.ID == id && m.Status == status }
}

// eventually polls a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestADeviceIsLinkedByQRCode(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if got := s.client.Store.ID.User; got != shop {
		t.Errorf("the client is %s, want %s", got, shop)
	}
	devices := s.shop.Devices()
	if len(devices) != 1 || !devices[0].Online || devices[0].PreKeys != 50 || devices[0].Method != "qr" {
		t.Errorf("linked devices are %+v", devices)
	}
	if unknown := s.server.Stats().Unknown; len(unknown) != 0 {
		t.Errorf("stanzas nobody modelled: %v", unknown)
	}
}

func TestADeviceIsLinkedByPairingCode(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	phone := newPhone(t, server, shop, "Shop")
	client := sandboxtest.NewClient(t, server, nil)
	client.Dial()
	sandboxtest.Await[*events.QR](client, 0, nil)
	code, err := client.PairPhone(patient(t), shop, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	if err != nil {
		t.Fatalf("ask for a code: %v", err)
	}
	t.Run("a wrong code is refused and can be corrected", func(t *testing.T) {
		if _, err := phone.EnterCode(patient(t), "ABCD-EFGH"); err == nil {
			t.Fatal("a wrong code was taken")
		}
	})
	device, err := phone.EnterCode(patient(t), code)
	if err != nil {
		t.Fatalf("type the code: %v", err)
	}
	sandboxtest.Await[*events.Connected](client, 0, nil)
	if device.Method != "code" {
		t.Errorf("linked by %q", device.Method)
	}
}

func TestTextGoesBothWays(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"phone", "lid"} {
		t.Run("when the customer writes to the "+address, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			for _, text := range []string{"first", "second", "third"} {
				from := s.client.Events()
				sent := s.write(t, sandbox.Outgoing{Text: text, Address: address})
				got := s.client.AwaitText(from, text)
				if wantServer := map[string]string{"phone": types.DefaultUserServer, "lid": types.HiddenUserServer}[address]; got.Info.Chat.Server != wantServer {
					t.Errorf("the chat is %s", got.Info.Chat)
				}
				await(t, s.customer, "its message delivered", withStatus(sent.ID, sandbox.StatusDelivered))
				s.client.SendText(ada, "re: "+text)
				answer := await(t, s.customer, "the answer", withText("re: "+text))
				if answer.Copies != 1 || answer.DecryptedAt == nil || answer.Peer != shop || answer.Device != 1 {
					t.Errorf("the answer is %+v", answer)
				}
			}
			await(t, s.shop, "the answer on its own handset", withText("re: third"))
			if stats := s.server.Stats(); stats.Counters["messagesFailed"] != 0 || len(stats.Unknown) != 0 {
				t.Errorf("stats are %+v", stats)
			}
		})
	}
}

// deletesItsStore skips a test in race runs: when whatsmeow is logged out it replaces its
// store's fields while goroutines of its own start-up may still have read them unlocked.
func deletesItsStore(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("whatsmeow's own race between its start-up and deleting its store")
	}
}
