package sandbox_test

import (
	"fmt"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// BenchmarkRoundTrip measures customer → device → customer, client library included.
func BenchmarkRoundTrip(b *testing.B) {
	for _, noSync := range []bool{true, false} {
		b.Run(fmt.Sprintf("noSync=%v", noSync), func(b *testing.B) {
			server := sandboxtest.NewWith(b, sandbox.Config{DataDir: b.TempDir(), NoSync: noSync})
			shopPhone, err := server.Phone(shop, "Shop")
			if err != nil {
				b.Fatal(err)
			}
			customer, err := server.Phone(ada, "Ada")
			if err != nil {
				b.Fatal(err)
			}
			client := sandboxtest.Paired(b, server, shopPhone)
			client.RemoveEventHandlers()
			client.AddEventHandler(func(event any) {
				if m, ok := event.(*events.Message); ok {
					go func() { _, _ = client.TrySendText(ada, "re: "+m.Message.GetConversation()) }() // the run may end before its confirmation
				}
			})
			i := 0
			for b.Loop() {
				text := fmt.Sprint(i)
				if _, err := customer.Send(b.Context(), shop, text); err != nil {
					b.Fatal(err)
				}
				if _, err := customer.WaitFor(b.Context(), withText("re: "+text)); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}
