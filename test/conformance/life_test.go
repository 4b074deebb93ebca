package conformance_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"
	"time"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

const (
	shop = "2348010000001"
	ada  = "2348020000001"
)

// scene is a shop's phone with Baileys linked to it, and a customer's.
type scene struct {
	server         *sandbox.Server
	shop, customer *sandbox.Phone
	client         *baileys
}

func newScene(t *testing.T, environment ...string) scene {
	t.Helper()
	return sceneWith(t, func(*sandbox.Behaviour) {}, environment...)
}

// sceneWith is newScene under changed switches.
func sceneWith(t *testing.T, change func(*sandbox.Behaviour), environment ...string) scene {
	t.Helper()
	installed(t)
	s := unlinked(t)
	b := s.server.Behaviour()
	change(&b)
	s.server.SetBehaviour(b)
	s.client = startBaileysTrusting(t, s.server, t.TempDir(), s.server.RootKeyHex(), environment...)
	if _, err := s.shop.Scan(patient(t), s.client.qr()); err != nil {
		t.Fatalf("scan: %v", err)
	}
	s.client.open(0)
	return s
}

func unlinked(t *testing.T) scene {
	t.Helper()
	server := sandboxtest.New(t)
	return scene{server: server, shop: phone(t, server, shop, "Shop"), customer: phone(t, server, ada, "Ada")}
}

func phone(t *testing.T, server *sandbox.Server, number, name string) *sandbox.Phone {
	t.Helper()
	p, err := server.Phone(number, name)
	if err != nil {
		t.Fatalf("make a phone: %v", err)
	}
	return p
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func (s scene) write(t *testing.T, o sandbox.Outgoing) sandbox.Message {
	t.Helper()
	o.To = shop
	m, err := s.customer.SendMessage(patient(t), o)
	if err != nil {
		t.Fatalf("the customer could not send: %v", err)
	}
	return m
}

func (s scene) fault(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := s.server.Fault(patient(t), f); err != nil {
		t.Fatalf("order a fault: %v", err)
	}
}

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

// understood fails if the client said anything the sandbox did not know.
func (s scene) understood(t *testing.T) {
	t.Helper()
	stats := s.server.Stats()
	if len(stats.Unknown) != 0 || stats.Counters["malformed"] != 0 {
		t.Errorf("not understood: %v, malformed: %d", stats.Unknown, stats.Counters["malformed"])
	}
	if left := stats.Counters["phashMismatches"]; left != 0 {
		t.Errorf("%d messages left a device out", left)
	}
}

func text(words string) map[string]any { return map[string]any{"text": words} }

func TestBaileysIsLinkedByQRCodeAndTalks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, address := range []string{"phone", "lid"} {
		t.Run("when the customer writes to the "+address, func(t *testing.T) {
			for _, words := range []string{"first by " + address, "second by " + address} {
				from := s.client.seen()
				sent := s.write(t, sandbox.Outgoing{Text: words, Address: address})
				got := s.client.awaitText(from, words)
				await(t, s.customer, "its message delivered", withStatus(sent.ID, sandbox.StatusDelivered))
				id := s.client.sendJID(got.Key.RemoteJID, text("re: "+words))
				answer := await(t, s.customer, "the answer", withText("re: "+words))
				if answer.Copies != 1 || answer.Device != 1 || answer.DecryptedAt == nil {
					t.Errorf("the answer is %+v", answer)
				}
				s.client.awaitStatus(id, statusDelivered)
			}
		})
	}
	t.Run("and sees what was read, and says what it read", func(t *testing.T) {
		id := s.client.send(text("read this"))
		await(t, s.customer, "the message", withText("read this"))
		if _, err := s.customer.Read(patient(t), shop); err != nil {
			t.Fatal(err)
		}
		s.client.awaitStatus(id, statusRead)
		sent := s.write(t, sandbox.Outgoing{Text: "and this"})
		s.client.awaitText(0, "and this")
		s.client.do("read", map[string]any{"message": sent.ID})
		await(t, s.customer, "its message read", withStatus(sent.ID, sandbox.StatusRead))
	})
	t.Run("and hears what the owner types on the phone itself", func(t *testing.T) {
		if _, err := s.shop.Send(patient(t), ada, "by hand"); err != nil {
			t.Fatal(err)
		}
		if got := s.client.awaitText(0, "by hand"); !got.Key.FromMe {
			t.Errorf("it saw %+v", got.Key)
		}
	})
	s.understood(t)
}

func TestBaileysIsLinkedByPairingCode(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	s.client = startBaileys(t, s.server, t.TempDir())
	s.client.qr() // the connection is ready to ask for a code
	code := s.client.doText("code", map[string]any{"number": shop})
	deadline := time.Now().Add(patience)
	device, err := s.shop.EnterCode(patient(t), code)
	for err != nil && time.Now().Before(deadline) { // the library does not wait until the server has its request
		device, err = s.shop.EnterCode(patient(t), code)
	}
	if err != nil || device.Method != "code" {
		t.Fatalf("type the code: %+v, %v", device, err)
	}
	s.client.open(0)
	s.write(t, sandbox.Outgoing{Text: "hello by code"})
	s.client.awaitText(0, "hello by code")
	s.understood(t)
}

func TestBaileysFindsWhatWaitedAfterItsDeath(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Text: "before"})
	s.client.awaitText(0, "before")
	s.client.send(text("re: before"))
	await(t, s.customer, "the answer", withText("re: before"))
	s.client.do("saved", nil)
	s.client.kill()
	for _, words := range []string{"while dead 1", "while dead 2"} {
		s.write(t, sandbox.Outgoing{Text: words})
	}
	s.client = startBaileys(t, s.server, s.client.dir)
	s.client.open(0)
	s.client.awaitText(0, "while dead 1")
	s.client.awaitText(0, "while dead 2")
	s.client.send(text("back"))
	await(t, s.customer, "the answer after its death", withText("back"))
	s.understood(t)
}

func TestBaileysSurvivesFaults(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, fault := range []sandbox.Fault{{Kind: "drop", Phone: shop}, {Kind: "stream_503", Phone: shop}, {Kind: "close", Phone: shop}, {Kind: "login_503", Phone: shop}} {
		t.Run(fault.Kind, func(t *testing.T) {
			from := s.client.seen()
			s.fault(t, fault)
			s.client.awaitEvent(from, "close")
			s.client.open(from)
			s.write(t, sandbox.Outgoing{Text: "after " + fault.Kind})
			s.client.awaitText(from, "after "+fault.Kind)
			s.client.send(text("re: after " + fault.Kind))
			await(t, s.customer, "the answer", withText("re: after "+fault.Kind))
		})
	}
	s.understood(t)
}

func TestBaileysHearsThatItWasRemoved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if err := s.shop.Unlink(patient(t), 0); err != nil {
		t.Fatal(err)
	}
	if end := s.client.awaitEvent(0, "close"); string(end.Code) != "515" && string(end.Code) != "401" {
		t.Errorf("it ended with %s %s", end.Code, end.Reason)
	}
	s.client.await(0, "that it was logged out", func(l line) bool { return l.Event == "close" && string(l.Code) == "401" })
}

func TestBaileysAndMedia(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	// A document, so that nobody needs to draw a thumbnail.
	file := bytes.Repeat([]byte("a line of the menu\n"), 5000)
	encoded := base64.StdEncoding.EncodeToString(file)
	t.Run("from the customer", func(t *testing.T) {
		sent := s.write(t, sandbox.Outgoing{Type: "document", Name: "menu.txt", Data: file, MIME: "text/plain"})
		s.client.await(0, "the document", func(l line) bool { return l.Event == "message" && l.Kind == "documentMessage" })
		if got := s.client.doText("download", map[string]any{"message": sent.ID}); got != encoded {
			t.Errorf("it downloaded %d characters, want %d", len(got), len(encoded))
		}
	})
	t.Run("to the customer", func(t *testing.T) {
		s.client.send(map[string]any{"document": encoded, "mimetype": "text/plain", "fileName": "menu.txt"})
		m := await(t, s.customer, "the document", func(m sandbox.Message) bool { return m.Type == "document" && m.Direction == "in" })
		data, err := s.customer.Download(m.ID)
		if err != nil || !bytes.Equal(data, file) || m.Media.Name != "menu.txt" {
			t.Errorf("the phone has %d bytes of %+v: %v", len(data), m.Media, err)
		}
	})
	s.understood(t)
}

func TestBaileysAndRetries(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Text: "warm up"})
	s.client.awaitText(0, "warm up")
	s.client.send(text("re: warm up"))
	await(t, s.customer, "the answer", withText("re: warm up"))
	t.Run("it asks again for what it cannot read", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "undecryptable", Phone: shop})
		sent := s.write(t, sandbox.Outgoing{Text: "damaged"})
		await(t, s.customer, "the message delivered after a retry", func(m sandbox.Message) bool {
			return m.ID == sent.ID && m.Status == sandbox.StatusDelivered && m.Retries >= 1
		})
		s.client.await(0, "the message", func(l line) bool {
			return (l.Event == "message" && l.Text == "damaged") || (l.Event == "update" && l.Key.ID == sent.ID)
		})
	})
	t.Run("it sends again what the phone cannot read", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "reinstall", Phone: ada})
		s.client.send(text("are you there?"))
		await(t, s.customer, "the message it first could not read", withText("are you there?"))
	})
	s.understood(t)
}

func TestBaileysSurvivesTheServersRestart(t *testing.T) {
	t.Parallel()
	installed(t)
	config := sandbox.Config{DataDir: t.TempDir(), NoSync: true}
	server := sandboxtest.NewWith(t, config)
	s := scene{server: server, shop: phone(t, server, shop, "Shop"), customer: phone(t, server, ada, "Ada")}
	s.client = startBaileys(t, server, t.TempDir())
	if _, err := s.shop.Scan(patient(t), s.client.qr()); err != nil {
		t.Fatal(err)
	}
	s.client.open(0)
	s.write(t, sandbox.Outgoing{Text: "before"})
	s.client.awaitText(0, "before")
	s.client.send(text("re: before"))
	await(t, s.customer, "the answer", withText("re: before"))
	config.Addr = server.Addr()
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	again := sandboxtest.NewWith(t, config)
	s = scene{server: again, shop: phone(t, again, shop, ""), customer: phone(t, again, ada, ""), client: s.client}
	s.write(t, sandbox.Outgoing{Text: "after"})
	s.client.awaitText(0, "after")
	s.client.send(text("re: after"))
	await(t, s.customer, "the answer after the restart", withText("re: after"))
	if failed := again.Stats().Counters["messagesFailed"]; failed != 0 {
		t.Errorf("%d messages failed", failed)
	}
	s.understood(t)
}
