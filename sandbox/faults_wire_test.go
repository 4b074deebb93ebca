package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestASpoiltFrameLosesNothing(t *testing.T) {
	t.Parallel()
	t.Run("when it is cut, the client comes back for it", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "cut_frame", Phone: shop})
		s.write(t, sandbox.Outgoing{Text: "cut in half"})
		sandboxtest.Await[*events.Disconnected](s.client, 0, nil)
		s.client.AwaitText(0, "cut in half")
	})
	t.Run("when it is damaged, it waits for the next connection", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "corrupt_frame", Phone: shop})
		s.write(t, sandbox.Outgoing{Text: "damaged on the way"})
		s.write(t, sandbox.Outgoing{Text: "behind it"})
		s.client.AwaitText(0, "behind it")
		eventually(t, "only the damaged one waits", func() bool { return s.shop.Devices()[0].Queued == 1 })
		s.fault(t, sandbox.Fault{Kind: "drop", Phone: shop})
		s.client.AwaitText(0, "damaged on the way")
	})
}

func TestStanzasThatMakeNoSenseDoNoHarm(t *testing.T) {
	t.Parallel()
	for code := range 8 {
		t.Run(fmt.Sprint("code ", code), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: "malformed", Phone: shop, Code: code})
			s.write(t, sandbox.Outgoing{Text: "still there?"})
			s.client.AwaitText(0, "still there?")
			s.client.SendText(ada, "yes")
			await(t, s.customer, "the answer", withText("yes"))
		})
	}
}

// A process that runs this test with an address is a client to be broken.
const victimAddr = "SANDBOX_VICTIM_ADDR"

func TestVictimHelper(t *testing.T) {
	addr := os.Getenv(victimAddr)
	if addr == "" {
		t.Skip("runs in a process of its own")
	}
	sandboxtest.New(t) // makes the client trust the shared root
	client := sandboxtest.NewClientAt(t, addr, nil)
	client.Dial()
	fmt.Println(sandboxtest.Await[*events.QR](client, 0, nil).Codes[0])
	<-context.Background().Done()
}

// whatsmeow does not survive a frame that decrypts to nothing: the library's own panic ends
// the process. Who builds on it must expect that.
func TestAFrameOfNothingEndsAClient(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	phone := newPhone(t, server, shop, "Shop")
	victim := exec.Command(os.Args[0], "-test.run=^TestVictimHelper$", "-test.timeout=60s")
	victim.Env = append(os.Environ(), victimAddr+"="+server.Addr())
	var said, complaint bytes.Buffer
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	victim.Stderr = &complaint
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = victim.Process.Kill() })
	piece := make([]byte, 4096)
	for !strings.Contains(said.String(), "\n") {
		n, err := out.Read(piece)
		if err != nil {
			t.Fatalf("the victim said %q: %v", said.String(), err)
		}
		said.Write(piece[:n])
	}
	if _, err := phone.Scan(patient(t), strings.TrimSpace(said.String())); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the victim is online", func() bool { return phone.Devices()[0].Online })
	if err := server.Fault(patient(t), sandbox.Fault{Kind: "zero_frame", Phone: shop}); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil || !strings.Contains(complaint.String()+said.String(), "slice bounds out of range") {
		t.Errorf("the victim ended with %v: %s", err, complaint.String())
	}
}

func TestASlowLinkDelaysAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "slow", Phone: shop, Milliseconds: 150, Seconds: 60})
	began := time.Now()
	for i := range 3 {
		s.write(t, sandbox.Outgoing{Text: fmt.Sprint("slow ", i)})
	}
	var order []string
	for i := range 3 {
		m := s.client.AwaitText(0, fmt.Sprint("slow ", i))
		order = append(order, m.Message.GetConversation())
	}
	if took := time.Since(began); took < 450*time.Millisecond {
		t.Errorf("three messages took %s, want 150 ms each", took)
	}
	if got := strings.Join(order, ","); got != "slow 0,slow 1,slow 2" {
		t.Errorf("they came as %s", got)
	}
}

func TestChatsAreReorderedAndAChatIsNot(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const bola = "2348020000002"
	other := newPhone(t, s.server, bola, "Bola")
	s.fault(t, sandbox.Fault{Kind: "reorder", Phone: shop, Milliseconds: 15_000})
	s.write(t, sandbox.Outgoing{Text: "ada 1"})
	s.write(t, sandbox.Outgoing{Text: "ada 2"})
	if _, err := other.Send(patient(t), shop, "bola 1"); err != nil {
		t.Fatal(err)
	}
	s.client.AwaitText(0, "ada 2")
	var order []string
	eventually(t, "the journal has all three", func() bool {
		order = nil
		for _, e := range journalOf(s.shop, "delivered") {
			order = append(order, e.Peer)
		}
		return len(order) == 3
	})
	if want := []string{bola, ada, ada}; strings.Join(order, " ") != strings.Join(want, " ") {
		t.Errorf("delivered from %v, want %v", order, want)
	}
	t.Run("and one that nobody overtakes comes all the same", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "reorder", Phone: shop, Milliseconds: 50})
		s.write(t, sandbox.Outgoing{Text: "alone"})
		s.client.AwaitText(0, "alone")
	})
}

func TestConnectionFaultsCanWaitForMessages(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"drop", "close", "stream_503"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.fault(t, sandbox.Fault{Kind: kind, Phone: shop, Times: 2, Direction: "in"})
			for i := range 2 {
				from := s.client.Events()
				s.write(t, sandbox.Outgoing{Text: fmt.Sprint("message ", i)})
				sandboxtest.Await[*events.Disconnected](s.client, from, nil)
				sandboxtest.Await[*events.Connected](s.client, from, nil)
			}
			from := s.client.Events()
			s.write(t, sandbox.Outgoing{Text: "the last"})
			s.client.AwaitText(from, "the last")
			if logins := s.server.Stats().Counters["logins"]; logins != 3 {
				t.Errorf("%d logins, want 3: the fault came more than twice", logins)
			}
		})
	}
}

func TestPhoneFaultsCanWaitForMessages(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "exhaust_prekeys", Phone: shop, Probability: 1, Times: 1, Direction: "in"})
	if left := s.shop.Devices()[0].PreKeys; left != 50 {
		t.Fatalf("%d keys are left before any message", left)
	}
	s.write(t, sandbox.Outgoing{Text: "now"})
	s.client.AwaitText(0, "now")
	eventually(t, "no key is left", func() bool { return s.shop.Devices()[0].PreKeys == 0 })
}

func TestAnAcknowledgementCanGetLost(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "lose_ack", Phone: shop})
	done := make(chan error, 1)
	go func() {
		_, err := s.client.TrySendText(ada, "did you get it?")
		done <- err
	}()
	await(t, s.customer, "the message", withText("did you get it?"))
	select {
	case err := <-done:
		t.Fatalf("sending ended with %v before its acknowledgement", err)
	default:
	}
	s.fault(t, sandbox.Fault{Kind: "drop", Phone: shop}) // the library sends the same frame again
	if err := <-done; err != nil {
		t.Fatalf("sending ended with %v", err)
	}
	await(t, s.customer, "the second copy, shown once", func(m sandbox.Message) bool { return m.Copies == 2 })
	if totals := s.customer.Judge().Totals; totals.Received != 1 || totals.ReceivedTwice != 1 {
		t.Errorf("the judge counts %+v", totals)
	}
}

func TestReceiptsCanGetLostOrComeLate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	receiptOf := func(id string) func(*events.Receipt) bool {
		return func(r *events.Receipt) bool { return r.MessageIDs[0] == id }
	}
	s.fault(t, sandbox.Fault{Kind: "delay_receipt", Phone: shop, Milliseconds: 300})
	began := time.Now()
	late := s.client.SendText(ada, "late")
	sandboxtest.Await(s.client, 0, receiptOf(late))
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("the receipt came after %s", took)
	}
	s.fault(t, sandbox.Fault{Kind: "lose_receipt", Phone: shop})
	lost := s.client.SendText(ada, "lost")
	next := s.client.SendText(ada, "next")
	sandboxtest.Await(s.client, 0, receiptOf(next))
	for _, m := range s.shop.Messages() {
		if m.ID == lost && m.Status != sandbox.StatusSent {
			t.Errorf("the message without a receipt is %s", m.Status)
		}
	}
}

func TestMediaCanFail(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.write(t, sandbox.Outgoing{Type: "image", Data: []byte("picture"), MIME: "image/png"})
	got := sandboxtest.Await(s.client, 0, func(m *events.Message) bool { return m.Message.GetImageMessage() != nil })
	s.fault(t, sandbox.Fault{Kind: "media_error", Code: 403, Times: 9})
	if _, err := s.client.Download(patient(t), got.Message.GetImageMessage()); err == nil {
		t.Error("the download succeeded")
	}
	s.server.ClearFaults()
	if data, err := s.client.Download(patient(t), got.Message.GetImageMessage()); err != nil || string(data) != "picture" {
		t.Errorf("then downloaded %q: %v", data, err)
	}
}

// journalOf lists what happened to messages.
func journalOf(p *sandbox.Phone, what string) (found []sandbox.Entry) {
	for _, e := range p.Judge().Journal {
		if e.What == what && e.Class == "message" {
			found = append(found, e)
		}
	}
	return found
}
