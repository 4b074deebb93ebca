package conformance_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard.example/sandbox"
)

// required fails instead of skipping when the client is not installed.
var required = flag.Bool("required", false, "fail when Baileys is not installed") //nolint:gochecknoglobals // a flag

// patience bounds every wait; a Node process on a busy machine takes its time.
const patience = 30 * time.Second

// baileys is one Baileys client in a process of its own.
type baileys struct {
	t       *testing.T
	dir     string // what it keeps
	process *exec.Cmd
	in      io.WriteCloser

	mu      sync.Mutex
	next    int
	lines   []line
	changed chan struct{}
}

// line is what the driver says: an answer to a command, or an event.
type line struct {
	ID    int             `json:"id"`
	OK    json.RawMessage `json:"ok"`
	Error json.RawMessage `json:"error"`
	Event string          `json:"event"`

	Code   json.RawMessage `json:"code"` // a QR code's text, or why a connection ended
	Reason string          `json:"reason"`
	Data   json.RawMessage `json:"data"`
	Key    messageKey      `json:"key"`
	Text   string          `json:"text"`
	Kind   string          `json:"kind"`
	Type   string          `json:"type"`
	Edited string          `json:"edited"`
	Status int             `json:"status"`
	Stub   int             `json:"stub"`
	Chats  int             `json:"chats"`
}

type messageKey struct {
	RemoteJID string `json:"remoteJid"` //nolint:tagliatelle // the library's name
	FromMe    bool   `json:"fromMe"`    //nolint:tagliatelle // the library's name
	ID        string `json:"id"`
}

// The statuses Baileys gives a message of its own.
const (
	statusError     = 0
	statusServerAck = 2
	statusDelivered = 3
	statusRead      = 4
)

func installed(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("baileys/node_modules/baileys/package.json"); err == nil {
		return
	}
	if *required {
		t.Fatal("Baileys is not installed; make conformance does it")
	}
	t.Skip("Baileys is not installed; make conformance does it")
}

// startBaileys runs a client on what dir keeps; it ends with the test.
func startBaileys(t *testing.T, server *sandbox.Server, dir string) *baileys {
	t.Helper()
	return startBaileysTrusting(t, server, dir, server.RootKeyHex())
}

func startBaileysTrusting(t *testing.T, server *sandbox.Server, dir, root string, more ...string) *baileys {
	t.Helper()
	installed(t)
	driver, err := filepath.Abs("baileys/driver.mjs")
	if err != nil {
		t.Fatal(err)
	}
	b := &baileys{t: t, dir: dir, process: exec.Command("node", driver), changed: make(chan struct{})}
	b.process.Env = append(os.Environ(), "SANDBOX_ADDR="+server.Addr(), "SANDBOX_ROOT="+root, "AUTH_DIR="+dir)
	b.process.Env = append(b.process.Env, more...)
	b.process.Stderr = os.Stderr
	if b.in, err = b.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := b.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.process.Start(); err != nil {
		t.Fatalf("start node: %v", err)
	}
	go b.listen(out)
	t.Cleanup(b.kill)
	b.do("connect", nil)
	return b
}

// kill is SIGKILL: the client gets no chance to say goodbye.
func (b *baileys) kill() {
	_ = b.process.Process.Kill()
	_ = b.process.Wait()
}

func (b *baileys) listen(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var l line
		if json.Unmarshal(text, &l) != nil {
			continue // the library prints now and then
		}
		b.mu.Lock()
		b.lines = append(b.lines, l)
		close(b.changed)
		b.changed = make(chan struct{})
		b.mu.Unlock()
	}
}

// seen is how many lines came so far: a place to wait from.
func (b *baileys) seen() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.lines)
}

// await waits for the first line from the given place on that matches.
func (b *baileys) await(from int, what string, match func(line) bool) line {
	b.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		b.mu.Lock()
		lines, changed := b.lines[min(from, len(b.lines)):], b.changed
		b.mu.Unlock()
		for _, l := range lines {
			if match(l) {
				return l
			}
		}
		select {
		case <-changed:
		case <-timeout.C:
			b.t.Fatalf("Baileys never told: %s; it told:%s", what, transcript(lines))
		}
	}
}

func (b *baileys) awaitEvent(from int, name string) line {
	b.t.Helper()
	return b.await(from, name, func(l line) bool { return l.Event == name })
}

func (b *baileys) awaitText(from int, text string) line {
	b.t.Helper()
	return b.await(from, "the message "+text, func(l line) bool { return l.Event == "message" && l.Text == text })
}

// awaitStatus waits until an own message has come as far as the status.
func (b *baileys) awaitStatus(id string, status int) {
	b.t.Helper()
	// The library folds an early status into its own note of the message.
	b.await(0, "a status of "+id, func(l line) bool {
		return (l.Event == "update" || l.Event == "message") && l.Key.ID == id && l.Status >= status
	})
}

// try gives a command and returns its answer.
func (b *baileys) try(what string, more map[string]any) line {
	b.t.Helper()
	b.mu.Lock()
	b.next++
	id := b.next
	b.mu.Unlock()
	command := map[string]any{"id": id, "do": what}
	maps.Copy(command, more)
	data, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(data, '\n')); err != nil {
		b.t.Fatalf("tell Baileys to %s: %v", what, err)
	}
	return b.await(0, "the answer to "+what, func(l line) bool { return l.ID == id && l.Event == "" })
}

// do is try that must succeed.
func (b *baileys) do(what string, more map[string]any) json.RawMessage {
	b.t.Helper()
	answer := b.try(what, more)
	if answer.Error != nil {
		b.t.Fatalf("Baileys could not %s: %s", what, answer.Error)
	}
	return answer.OK
}

func (b *baileys) doText(what string, more map[string]any) string {
	b.t.Helper()
	var text string
	if err := json.Unmarshal(b.do(what, more), &text); err != nil {
		b.t.Fatal(err)
	}
	return text
}

// send sends content to the customer's number and returns the message's id.
func (b *baileys) send(content map[string]any) string {
	b.t.Helper()
	return b.sendJID(ada+"@s.whatsapp.net", content)
}

func (b *baileys) sendJID(to string, content map[string]any) string {
	b.t.Helper()
	var key messageKey
	if err := json.Unmarshal(b.do("send", map[string]any{"to": to, "content": content}), &key); err != nil {
		b.t.Fatal(err)
	}
	return key.ID
}

// qr waits for a QR code.
func (b *baileys) qr() string {
	b.t.Helper()
	return strings.Trim(string(b.awaitEvent(0, "qr").Code), `"`)
}

// open waits until the client is connected and has everything that waited for it.
func (b *baileys) open(from int) {
	b.t.Helper()
	b.awaitEvent(from, "open")
	b.awaitEvent(from, "caught-up")
}

func transcript(lines []line) string {
	var all strings.Builder
	for _, l := range lines {
		if data, err := json.Marshal(l); err == nil {
			all.WriteString("\n\t" + string(data))
		}
	}
	return all.String()
}
