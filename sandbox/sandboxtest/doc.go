// Package sandboxtest gives tests a sandbox of their own and unmodified whatsmeow clients that talk with it.
//
//	func TestTheShopAnswers(t *testing.T) {
//		server := sandboxtest.New(t) // ends with the test, which fails if a stanza was not understood
//		shop, _ := server.Phone("2348010000001", "Shop")
//		ada, _ := server.Phone("2348020000001", "Ada")
//		client := sandboxtest.Paired(t, server, shop)
//		ada.Send(t.Context(), shop.Number(), "hello")
//		client.AwaitText(0, "hello")
//		client.SendText(ada.Number(), "welcome")
//		ada.WaitFor(t.Context(), func(m sandbox.Message) bool { return m.Text == "welcome" })
//	}
//
// All sandboxes of one process share a root key, because whatsmeow trusts one per process.
package sandboxtest
