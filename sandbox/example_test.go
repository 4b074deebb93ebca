package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// A program starts a sandbox, makes two phones and lets one write to the other. A client
// would be pointed at Addr and told to trust RootKey.
func ExampleStart() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	dir, err := os.MkdirTemp("", "sandbox")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	server, err := sandbox.Start(ctx, sandbox.Config{Addr: "127.0.0.1:0", DataDir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	bakery, _ := server.Phone("+234 801 000 0001", "Corner Bakery")
	ada, _ := server.Phone("+234 802 000 0001", "Ada")
	_, _ = ada.Send(ctx, bakery.Number(), "When do you open?")
	message, _ := bakery.WaitFor(ctx, func(m sandbox.Message) bool { return m.Peer == ada.Number() })
	fmt.Println(message.Text, message.Status)
	// Output: When do you open? delivered
}

// A fault is ordered by kind; FaultKinds lists them.
func ExampleServer_Fault() {
	dir, _ := os.MkdirTemp("", "sandbox")
	defer os.RemoveAll(dir)
	server, err := sandbox.Start(context.Background(), sandbox.Config{Addr: "127.0.0.1:0", DataDir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	fmt.Println(server.Fault(context.Background(), sandbox.Fault{Kind: "lose_message", Probability: 0.1, Seed: 7}))
	fmt.Println(server.Fault(context.Background(), sandbox.Fault{Kind: "earthquake"}))
	// Output:
	// <nil>
	// There is no fault of that kind. GET faults lists them.
}

// exampleServer is a sandbox in a temporary directory, under the root key that the tests
// of this process trust.
func exampleServer() (server *sandbox.Server, done func()) {
	dir, err := os.MkdirTemp("", "sandbox")
	if err != nil {
		panic(err)
	}
	b := sandbox.DefaultBehaviour()
	b.CloseLag = 100
	server, err = sandbox.Start(context.Background(), sandbox.Config{
		Addr: "127.0.0.1:0", DataDir: dir, RootKey: sandboxtest.RootKey(), Behaviour: &b,
	})
	if err != nil {
		panic(err)
	}
	whatsmeow.WACertPubKey = server.RootKey() // once per process, before any Connect
	return server, func() { _ = server.Close(); _ = os.RemoveAll(dir) }
}

// exampleBot is a whatsmeow client that answers whatever it is told. Its QR code comes on
// the channel.
func exampleBot(server *sandbox.Server) (bot *whatsmeow.Client, code <-chan string) {
	codes := make(chan string, 1)
	bot = whatsmeow.NewClient(sandboxtest.NewDevice(), nil)
	plain := sandboxtest.HTTPClient(server.Addr()) // leads every address to the sandbox
	bot.SetPreLoginHTTPClient(plain)
	bot.SetWebsocketHTTPClient(plain)
	bot.SetMediaHTTPClient(plain)
	bot.AddEventHandler(func(event any) {
		switch e := event.(type) {
		case *events.QR:
			codes <- e.Codes[0]
		case *events.Message:
			answer := &waE2E.Message{Conversation: new("You said: " + e.Message.GetConversation())}
			go func() { _, _ = bot.SendMessage(context.Background(), e.Info.Chat, answer) }()
		}
	})
	if err := bot.Connect(); err != nil {
		panic(err)
	}
	return bot, codes
}

// A phone scans the code a device shows, a customer writes, and the device answers.
func ExamplePhone_Scan() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	server, done := exampleServer()
	defer done()
	bot, code := exampleBot(server)
	defer bot.Disconnect()

	bakery, _ := server.Phone("+234 801 000 0001", "Corner Bakery")
	device, err := bakery.Scan(ctx, <-code)
	fmt.Println(device.JID, device.Method, err)

	ada, _ := server.Phone("+234 802 000 0001", "Ada")
	_, _ = ada.Send(ctx, bakery.Number(), "Do you have cake?")
	answer, err := ada.WaitFor(ctx, func(m sandbox.Message) bool { return m.Direction == sandbox.DirectionIn })
	fmt.Println(answer.Text, err)
	// Output:
	// 2348010000001:1@s.whatsapp.net qr <nil>
	// You said: Do you have cake? <nil>
}

// The judge knows what happened to each message without asking the device.
func ExamplePhone_Judge() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	server, done := exampleServer()
	defer done()
	bot, code := exampleBot(server)
	defer bot.Disconnect()
	bakery, _ := server.Phone("+234 801 000 0001", "Corner Bakery")
	ada, _ := server.Phone("+234 802 000 0001", "Ada")
	_, _ = bakery.Scan(ctx, <-code)

	_ = server.Fault(ctx, sandbox.Fault{Kind: "duplicate", Phone: bakery.Number(), Direction: sandbox.DirectionOut})
	_, _ = ada.Send(ctx, bakery.Number(), "Hello")
	_, _ = ada.WaitFor(ctx, func(m sandbox.Message) bool { return m.Copies == 2 })
	totals := ada.Judge().Totals
	fmt.Println("sent", totals.Sent, "received", totals.Received, "of that twice", totals.ReceivedTwice, "unreadable", totals.Failed)
	// Output: sent 1 received 1 of that twice 1 unreadable 0
}

// A handset off the air receives what was sent to it once it is back.
func ExamplePhone_SetOffline() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	server, done := exampleServer()
	defer done()
	ada, _ := server.Phone("+234 802 000 0001", "Ada")
	bola, _ := server.Phone("+234 802 000 0002", "Bola")
	_ = bola.SetOffline(ctx, true)
	_, _ = ada.Send(ctx, bola.Number(), "Are you there?")
	fmt.Println(len(bola.Messages()), ada.Messages()[0].Status)
	_ = bola.SetOffline(ctx, false)
	got, _ := bola.WaitFor(ctx, func(m sandbox.Message) bool { return m.Peer == ada.Number() })
	fmt.Println(got.Text, ada.Messages()[0].Status)
	// Output:
	// 0 sent
	// Are you there? delivered
}
