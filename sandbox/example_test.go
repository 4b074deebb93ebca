package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"switchboard.example/sandbox"
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
