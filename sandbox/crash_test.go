package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// A process that runs this test with a directory is a sandbox to be killed.
const crashDir = "SANDBOX_CRASH_DIR"

func TestCrashHelper(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs in a process of its own")
	}
	server := sandboxtest.NewWith(t, sandbox.Config{DataDir: dir})
	newPhone(t, server, shop, "Shop")
	newPhone(t, server, ada, "Ada")
	fmt.Println(server.Addr())
	<-context.Background().Done()
}

// crashing starts the helper process and returns its address and how to kill it.
func crashing(t *testing.T, dir string) (addr string, kill func()) {
	t.Helper()
	program := exec.Command(os.Args[0], "-test.run=^TestCrashHelper$", "-test.timeout=60s")
	program.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { _ = program.Process.Kill(); _ = program.Wait() }
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the helper did not start")
	}
	return lines.Text(), kill
}

func TestAKilledSandboxLosesNothingItAcknowledged(t *testing.T) {
	t.Parallel()
	sandboxtest.New(t) // makes the client trust the shared root
	dir := t.TempDir()
	addr, kill := crashing(t, dir)
	client := sandboxtest.NewClientAt(t, addr, nil)
	client.Dial()
	code := sandboxtest.Await[*events.QR](client, 0, nil).Codes[0]
	post(t, addr, "phones/"+shop+"/scan", `{"code": "`+code+`"}`)
	sandboxtest.Await[*events.Connected](client, 0, nil)
	post(t, addr, "phones/"+ada+"/messages", `{"to": "`+shop+`", "text": "one"}`)
	client.AwaitText(0, "one")
	client.SendText(ada, "two")
	if err := client.DangerousInternals().SendNode(t.Context(), waBinary.Node{Tag: "nonsense"}); err != nil { //nolint:staticcheck // nothing else sends nonsense
		t.Fatal(err)
	}
	eventually(t, "it is counted", func() bool { return strings.Contains(get(t, addr, "stats"), `"nonsense":1`) })
	eventually(t, "the first message is confirmed", func() bool { return strings.Contains(get(t, addr, "phones/"+shop+"/judge"), "confirmed") })
	device := client.Store
	client.Disconnect()
	post(t, addr, "phones/"+ada+"/messages", `{"to": "`+shop+`", "text": "three"}`)
	kill()

	// Not by sandboxtest, which fails a test whose stanzas were not understood.
	server, err := sandbox.Start(t.Context(), sandbox.Config{Addr: "127.0.0.1:0", DataDir: dir, RootKey: sandboxtest.RootKey()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	customer := newPhone(t, server, ada, "")
	judgedBeforeTheKill(t, server.Stats().Unknown, customer.Judge(), newPhone(t, server, shop, "").Judge())
	if got := customer.Messages(); len(got) != 3 || got[1].Text != "two" {
		t.Fatalf("the customer has %+v", got)
	}
	back := sandboxtest.NewClient(t, server, device)
	back.Dial()
	back.AwaitText(0, "three")
	back.SendText(ada, "four")
	await(t, customer, "the answer after the crash", withText("four"))
	if failed := server.Stats().Counters["messagesFailed"]; failed != 0 {
		t.Errorf("%d messages failed", failed)
	}
	lines := newPhone(t, server, shop, "").Judge().Connections
	if len(lines) != 2 || lines[1].ID <= lines[0].ID || lines[1].ClosedAt != nil {
		t.Errorf("the connections are now %+v", lines)
	}
}

// judgedBeforeTheKill checks what the judge's records say of a process that is no more.
func judgedBeforeTheKill(t *testing.T, unknown map[string]int64, customer, shop sandbox.Judgement) {
	t.Helper()
	if len(shop.Connections) != 1 || shop.Connections[0].ClosedAt == nil || shop.Connections[0].In == 0 || shop.Connections[0].Out == 0 {
		t.Fatalf("the connections are %+v", shop.Connections)
	}
	line := shop.Connections[0].ID
	verdicts := map[string]sandbox.Verdict{}
	for _, m := range customer.Messages {
		verdicts[m.Direction+fmt.Sprint(len(verdicts))] = m
	}
	if v := verdicts["out0"]; len(v.Deliveries) != 1 || v.Deliveries[0].Connection != line || len(v.Confirmations) != 1 {
		t.Errorf("the first message: %+v", v)
	}
	if v := verdicts["in1"]; len(v.Arrivals) != 1 || v.Arrivals[0].Connection != line {
		t.Errorf("the answer: %+v", v)
	}
	if v := verdicts["out2"]; len(v.Deliveries) != 0 {
		t.Errorf("the message nobody was there for: %+v", v)
	}
	said := map[string]bool{}
	for _, e := range shop.Journal {
		said[e.What] = true
	}
	for _, what := range []string{"logged-in", "delivered", "confirmed", "received", "closed"} {
		if !said[what] {
			t.Errorf("the journal has lost what was %s", what)
		}
	}
	if unknown["nonsense"] != 1 {
		t.Errorf("what was not understood is %v", unknown)
	}
}
