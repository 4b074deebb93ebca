package sandbox_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestMessagesWaitForADeviceThatIsAway(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.Disconnect()
	for i := range 3 {
		s.write(t, sandbox.Outgoing{Text: fmt.Sprint("while away ", i)})
	}
	if queued := s.shop.Devices()[0].Queued; queued != 3 {
		t.Errorf("%d stanzas wait, want 3", queued)
	}
	from := s.client.Events()
	s.client.Dial()
	preview := sandboxtest.Await[*events.OfflineSyncPreview](s.client, from, nil)
	if preview.Total != 3 || preview.Messages != 3 {
		t.Errorf("announced %+v", preview)
	}
	for i := range 3 {
		s.client.AwaitText(from, fmt.Sprint("while away ", i))
	}
	if done := sandboxtest.Await[*events.OfflineSyncCompleted](s.client, from, nil); done.Count != 3 {
		t.Errorf("completed with %d", done.Count)
	}
	eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
}

func TestAnUnconfirmedMessageComesAgainOnANewConnectionOnly(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.RemoveEventHandlers()
	seen := make(chan string, 10)
	var refuse atomic.Bool
	refuse.Store(true)
	s.client.AddEventHandlerWithSuccessStatus(func(event any) bool {
		if m, ok := event.(*events.Message); ok {
			seen <- m.Message.GetConversation()
			return !refuse.Load()
		}
		return true
	})
	s.write(t, sandbox.Outgoing{Text: "refused"})
	<-seen
	if queued := s.shop.Devices()[0].Queued; queued != 1 {
		t.Fatalf("%d stanzas wait, want 1", queued)
	}
	s.client.Disconnect()
	eventually(t, "the server notices", func() bool { return !s.shop.Devices()[0].Online })
	refuse.Store(false)
	s.client.Dial()
	if again := <-seen; again != "refused" {
		t.Errorf("came again: %q", again)
	}
	eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
}

func TestARestartKeepsLinksSessionsAndQueues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := sandbox.Config{DataDir: dir, NoSync: true}
	s := sceneOn(t, sandboxtest.NewWith(t, config))
	s.write(t, sandbox.Outgoing{Text: "before"})
	s.client.AwaitText(0, "before")
	s.client.SendText(ada, "answer before")
	await(t, s.customer, "the answer", withText("answer before"))
	device := s.client.Store
	s.client.Disconnect()
	s.write(t, sandbox.Outgoing{Text: "in between"})
	key := s.server.RootKeyHex()
	if err := s.server.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}

	again := scene{server: sandboxtest.NewWith(t, config)}
	again.shop, again.customer = newPhone(t, again.server, shop, ""), newPhone(t, again.server, ada, "")
	if again.server.RootKeyHex() != key || again.customer.Name() != "Ada" || len(again.customer.Messages()) != 3 {
		t.Errorf("restored %s, %q, %+v", again.server.RootKeyHex(), again.customer.Name(), again.customer.Messages())
	}
	again.client = sandboxtest.NewClient(t, again.server, device)
	again.client.Dial()
	again.client.AwaitText(0, "in between")
	again.client.SendText(ada, "answer after")
	await(t, again.customer, "the second answer", withText("answer after"))
	again.write(t, sandbox.Outgoing{Text: "after"})
	again.client.AwaitText(0, "after")
	if failed := again.server.Stats().Counters["messagesFailed"]; failed != 0 {
		t.Errorf("%d messages failed", failed)
	}
}

func TestReceiptsReachBothSides(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	sent := s.write(t, sandbox.Outgoing{Text: "read me"})
	got := s.client.AwaitText(0, "read me")
	await(t, s.customer, "its message delivered", withStatus(sent.ID, sandbox.StatusDelivered))
	if err := s.client.MarkRead(patient(t), []types.MessageID{sent.ID}, got.Info.Timestamp, got.Info.Chat, got.Info.Sender); err != nil {
		t.Fatal(err)
	}
	read := await(t, s.customer, "its message read", withStatus(sent.ID, sandbox.StatusRead))
	if read.ReadAt == nil || read.DeliveredAt == nil || read.ReadAt.Before(read.At) {
		t.Errorf("times are %+v", read)
	}

	id := s.client.SendText(ada, "and you me")
	ofThis := func(kind types.ReceiptType) func(*events.Receipt) bool {
		return func(r *events.Receipt) bool { return r.Type == kind && r.MessageIDs[0] == id }
	}
	sandboxtest.Await(s.client, 0, ofThis(types.ReceiptTypeDelivered))
	if n, err := s.customer.Read(patient(t), shop); err != nil || n != 1 {
		t.Fatalf("read %d: %v", n, err)
	}
	sandboxtest.Await(s.client, 0, ofThis(types.ReceiptTypeRead))
	await(t, s.shop, "two blue ticks on the own handset", withStatus(id, sandbox.StatusRead))
}

func TestTheOwnersHandsetTypes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	t.Run("to a customer", func(t *testing.T) {
		if _, err := s.shop.Send(patient(t), ada, "by hand"); err != nil {
			t.Fatal(err)
		}
		m := sandboxtest.Await(s.client, 0, func(m *events.Message) bool { return m.Message.GetConversation() == "by hand" })
		if !m.Info.IsFromMe || m.Info.Chat.User != ada {
			t.Errorf("the device saw %+v", m.Info.MessageSource)
		}
		await(t, s.customer, "what was typed", withText("by hand"))
	})
	t.Run("to itself, and is answered there, more than once", func(t *testing.T) {
		for _, text := range []string{"!status", "!help"} {
			if _, err := s.shop.Send(patient(t), shop, text); err != nil {
				t.Fatal(err)
			}
			m := s.client.AwaitText(0, text)
			if !m.Info.IsFromMe || m.Info.Chat.User != shop {
				t.Errorf("the device saw %+v", m.Info.MessageSource)
			}
			s.client.SendText(shop, "re: "+text)
			answer := await(t, s.shop, "the answer", withText("re: "+text))
			if answer.Direction != sandbox.DirectionIn || answer.Peer != shop || answer.Copies != 1 {
				t.Errorf("the answer is %+v", answer)
			}
		}
	})
}

func TestEveryLinkedDeviceGetsEveryMessage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	second := sandboxtest.Paired(t, s.server, s.shop)
	s.write(t, sandbox.Outgoing{Text: "to all"})
	s.client.AwaitText(0, "to all")
	second.AwaitText(0, "to all")
	s.client.SendText(ada, "from the first")
	await(t, s.customer, "the answer", withText("from the first"))
	copied := second.AwaitText(0, "from the first")
	if !copied.Info.IsFromMe || copied.Info.Chat.User != s.customer.LID() {
		t.Errorf("the second device saw %+v", copied.Info.MessageSource)
	}
	second.SendText(ada, "from the second")
	s.client.AwaitText(0, "from the second")
	await(t, s.customer, "the second answer", func(m sandbox.Message) bool { return m.Text == "from the second" && m.Device == 2 })
}

func TestTwoBusinessesTalk(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const bakery = "2348010000002"
	other := sandboxtest.Paired(t, s.server, newPhone(t, s.server, bakery, "Bakery"))
	id := s.client.SendText(bakery, "bread?")
	other.AwaitText(0, "bread?")
	sandboxtest.Await(s.client, 0, func(r *events.Receipt) bool { return r.MessageIDs[0] == id })
	other.SendText(shop, "bread.")
	s.client.AwaitText(0, "bread.")
}

func TestADeviceLogsOut(t *testing.T) {
	deletesItsStore(t)
	t.Parallel()
	s := newScene(t)
	if err := s.client.Logout(patient(t)); err != nil {
		t.Fatal(err)
	}
	if devices := s.shop.Devices(); len(devices) != 0 {
		t.Errorf("still linked: %+v", devices)
	}
}

func TestPreKeysAreBurnedAndFilledUp(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for i := range 46 {
		p := newPhone(t, s.server, fmt.Sprintf("23480300%05d", i), "")
		if _, err := p.Send(patient(t), shop, "hi"); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the device uploads more", func() bool { return s.shop.Devices()[0].PreKeys > 4 })
	stats := s.server.Stats()
	if stats.Counters["preKeysBurned"] != 46 || stats.Counters["preKeysMissing"] != 0 {
		t.Errorf("stats are %+v", stats.Counters)
	}
}

func TestAnAccountThatMovedToLIDsSaysSo(t *testing.T) {
	t.Parallel()
	behaviour := sandbox.DefaultBehaviour()
	behaviour.LIDMigrated, behaviour.CloseLag = true, 100
	s := sceneOn(t, sandboxtest.NewWith(t, sandbox.Config{Behaviour: &behaviour}))
	eventually(t, "the history is confirmed", func() bool {
		stats := s.server.Stats()
		return stats.Counters["messagesConfirmedByDevices"] > 0 && stats.Queued == 0
	})
	s.client.SendText(ada, "hello")
	await(t, s.customer, "the message", withText("hello"))
}
