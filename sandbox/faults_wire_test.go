package sandbox_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
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
	for code := range 10 {
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
	debug.SetMaxStack(64 << 20) // a gigabyte overflows too, but needs one
	sandboxtest.New(t)          // makes the client trust the shared root
	client := sandboxtest.NewClientAt(t, addr, nil)
	client.Dial()
	fmt.Println(sandboxtest.Await[*events.QR](client, 0, nil).Codes[0])
	<-context.Background().Done()
}

// whatsmeow does not survive a frame that decrypts to nothing, nor one nested so deep that
// its parser's stack overflows: either ends the process. Who builds on it must expect that.
func TestAMonsterEndsAClient(t *testing.T) {
	t.Parallel()
	for _, monster := range []struct {
		fault sandbox.Fault
		ends  string // how the process says so; "" if it lives
	}{
		{sandbox.Fault{Kind: "zero_frame"}, "slice bounds out of range"},
		{sandbox.Fault{Kind: "malformed", Code: 11}, "stack overflow"},
		{sandbox.Fault{Kind: "malformed", Code: 10}, ""},
	} {
		t.Run(fmt.Sprint(monster.fault.Kind, " ", monster.fault.Code), func(t *testing.T) {
			t.Parallel()
			server := sandboxtest.New(t)
			phone := newPhone(t, server, shop, "Shop")
			v := newVictim(t, server, phone)
			monster.fault.Phone = shop
			if err := server.Fault(patient(t), monster.fault); err != nil {
				t.Fatal(err)
			}
			if monster.ends == "" {
				if _, err := newPhone(t, server, ada, "Ada").Send(patient(t), shop, "alive?"); err != nil {
					t.Fatal(err)
				}
				eventually(t, "it takes what follows", func() bool { return len(journalOf(phone, "confirmed")) > 0 })
				return
			}
			if err := v.process.Wait(); err == nil || !strings.Contains(v.said.String(), monster.ends) {
				t.Errorf("the victim ended with %v: %.2000s", err, v.said.String())
			}
		})
	}
}

// victim is a linked client in a process of its own.
type victim struct {
	process *exec.Cmd
	said    bytes.Buffer // its complaints
}

func newVictim(t *testing.T, server *sandbox.Server, phone *sandbox.Phone) *victim {
	t.Helper()
	v := &victim{process: exec.Command(os.Args[0], "-test.run=^TestVictimHelper$", "-test.timeout=60s")}
	v.process.Env = append(os.Environ(), victimAddr+"="+server.Addr())
	v.process.Stderr = &v.said
	out, err := v.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.process.Process.Kill() })
	code, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the victim said %q: %v", code, err)
	}
	if _, err := phone.Scan(patient(t), strings.TrimSpace(code)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the victim is online", func() bool { return phone.Devices()[0].Online })
	return v
}

func TestASlowLineDelaysAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	slow := sandbox.Fault{Kind: "slow", Phone: shop, Milliseconds: 400, Seconds: 60}
	s.fault(t, slow)
	for i := range 5 {
		s.write(t, sandbox.Outgoing{Text: fmt.Sprint("slow ", i)})
	}
	var order []string
	for i := range 5 {
		m := s.client.AwaitText(0, fmt.Sprint("slow ", i))
		order = append(order, m.Message.GetConversation())
	}
	if got := strings.Join(order, ","); got != "slow 0,slow 1,slow 2,slow 3,slow 4" {
		t.Errorf("they came as %s", got)
	}
	at := deliveredAt(t, s.shop, 5)
	sent := s.customer.Messages()
	if took := at[0].Sub(sent[0].At); took < 400*time.Millisecond {
		t.Errorf("the first was delivered after %s", took)
	}
	if took := at[4].Sub(at[0]); took > 1500*time.Millisecond {
		t.Errorf("the last came %s behind the first: they were not under way together", took)
	}
	t.Run("in both directions", func(t *testing.T) {
		began := time.Now()
		s.client.SendText(ada, "and back")
		if took := time.Since(began); took < 800*time.Millisecond {
			t.Errorf("sending took %s, there and back", took)
		}
	})
	t.Run("on a new connection too", func(t *testing.T) {
		s.fault(t, sandbox.Fault{Kind: "drop", Phone: shop})
		sent := s.write(t, sandbox.Outgoing{Text: "after the drop"})
		s.client.AwaitText(0, "after the drop")
		await(t, s.customer, "it delivered", withStatus(sent.ID, sandbox.StatusDelivered))
		began := time.Now()
		s.client.SendText(ada, "and back again")
		if took := time.Since(began); took < 800*time.Millisecond {
			t.Errorf("sending took %s, there and back", took)
		}
	})
	t.Run("until it heals", func(t *testing.T) {
		s.server.ClearFaults()
		began := time.Now()
		s.client.SendText(ada, "quick")
		if took := time.Since(began); took >= 800*time.Millisecond { // which is what there and back took
			t.Errorf("sending took %s", took)
		}
	})
}

func TestASlowLineCarriesOnlySoMuch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fault(t, sandbox.Fault{Kind: "slow", Phone: shop, Kilobits: 400, Seconds: 60})
	long := strings.Repeat("long ", 10_000) // 50 kB, a second
	sent := s.write(t, sandbox.Outgoing{Text: long})
	s.client.AwaitText(0, long)
	if took := deliveredAt(t, s.shop, 1)[0].Sub(sent.At); took < time.Second {
		t.Errorf("it was delivered after %s", took)
	}
	began := time.Now()
	s.client.SendText(ada, long)
	if took := time.Since(began); took < time.Second {
		t.Errorf("sending took %s", took)
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

// deliveredAt waits until so many messages were delivered.
func deliveredAt(t *testing.T, p *sandbox.Phone, n int) (at []time.Time) {
	t.Helper()
	eventually(t, fmt.Sprint(n, " deliveries"), func() bool {
		at = nil
		for _, e := range journalOf(p, "delivered") {
			at = append(at, e.At)
		}
		return len(at) >= n
	})
	return at
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
