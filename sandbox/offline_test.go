package sandbox_test

import (
	"testing"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestAPhoneGoesOfflineAndComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := sandbox.Config{DataDir: dir, NoSync: true}
	s := sceneOn(t, sandboxtest.NewWith(t, config))
	if status, view := api[object](t, s.server, "POST", "phones/"+ada+"/offline", `{"offline": true}`); status != 200 || view["offline"] != true {
		t.Fatalf("going offline answered %d %v", status, view)
	}
	if _, err := s.customer.Send(patient(t), shop, "into the air"); err == nil {
		t.Error("an offline phone sent something")
	}
	id := s.client.SendText(ada, "are you there?")
	if got := s.customer.Messages(); len(got) != 0 {
		t.Fatalf("an offline phone received %+v", got)
	}
	for _, m := range s.shop.Messages() {
		if m.ID == id && m.Status != sandbox.StatusSent {
			t.Errorf("the message has the status %s", m.Status)
		}
	}
	t.Run("also after the sandbox started again", func(t *testing.T) {
		device := s.client.Store
		s.client.Disconnect()
		if err := s.server.Close(); err != nil {
			t.Fatal(err)
		}
		server := sandboxtest.NewWith(t, config)
		customer := newPhone(t, server, ada, "")
		if !customer.Offline() {
			t.Error("the phone came back by itself")
		}
		client := sandboxtest.NewClient(t, server, device)
		client.Dial()
		if err := customer.SetOffline(patient(t), false); err != nil {
			t.Fatal(err)
		}
		await(t, customer, "what waited", withText("are you there?"))
		await(t, newPhone(t, server, shop, ""), "its message delivered", withStatus(id, sandbox.StatusDelivered))
		if _, err := customer.Send(patient(t), shop, "now I am"); err != nil {
			t.Fatal(err)
		}
		client.AwaitText(0, "now I am")
	})
}
