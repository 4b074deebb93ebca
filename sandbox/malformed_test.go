package sandbox_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/coder/websocket"
	"go.mau.fi/whatsmeow/socket"
	waLog "go.mau.fi/whatsmeow/util/log"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// garble connects and sends each message as it is.
func garble(t *testing.T, server *sandbox.Server, messages ...[]byte) {
	t.Helper()
	ctx := patient(t)
	conn, response, err := websocket.Dial(ctx, "ws://"+server.Addr()+"/ws/chat", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		defer response.Body.Close()
	}
	defer func() { _ = conn.CloseNow() }()
	for _, message := range messages {
		if conn.Write(ctx, websocket.MessageBinary, message) != nil {
			return // thrown out, as it should be
		}
	}
}

func TestGarbageDoesNoHarm(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	intro := socket.WAConnHeader
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		return data
	}
	garble(t, s.server, nil)
	garble(t, s.server, []byte("GET / HTTP/1.1\r\n\r\n"))
	garble(t, s.server, intro)
	garble(t, s.server, append(append([]byte{}, intro...), 0, 0, 0))
	garble(t, s.server, append(append([]byte{}, intro...), 0xff, 0xff, 0xff))
	for range 50 {
		body := noise(64)
		garble(t, s.server, append(append([]byte{}, intro...), 0, 0, 64), body, noise(300))
	}
	s.write(t, sandbox.Outgoing{Text: "unharmed"})
	s.client.AwaitText(0, "unharmed")
}

// A registered client that goes mad after its handshake loses its connection, no more.
func TestAMadClientIsThrownOut(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	frames := socket.NewFrameSocket(waLog.Noop, sandboxtest.HTTPClient(server.Addr()))
	if err := frames.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	if err := frames.SendFrame([]byte("not a handshake")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection is gone", func() bool {
		stats := server.Stats()
		return stats.Connections == 0 && stats.Counters["handshakesFailed"] == 1
	})
}
