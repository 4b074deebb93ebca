package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

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
	device := client.Store
	client.Disconnect()
	post(t, addr, "phones/"+ada+"/messages", `{"to": "`+shop+`", "text": "three"}`)
	kill()

	server := sandboxtest.NewWith(t, sandbox.Config{DataDir: dir})
	customer := newPhone(t, server, ada, "")
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
}
