package sandbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func sharing(b *sandbox.Behaviour) { b.ShareKeys = true }

func TestDevicesFollowThePhonesSettings(t *testing.T) {
	t.Parallel()
	for name, snapshots := range map[string]bool{"from a snapshot": true, "from every patch": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sceneWith(t, func(b *sandbox.Behaviour) { b.ShareKeys, b.StateSnapshots = true, snapshots })
			sandboxtest.Await(s.client, 0, func(e *events.PushNameSetting) bool { return e.Action.GetName() == s.shop.Name() })
			for _, called := range []string{"Ada Obi", "Ada of the bakery"} { // the second takes the first one's place in the hash
				if err := s.shop.SaveContact(patient(t), ada, called); err != nil {
					t.Fatal(err)
				}
				got := sandboxtest.Await(s.client, 0, func(e *events.Contact) bool { return e.Action.GetFullName() == called })
				if got.JID.User != ada {
					t.Errorf("it is about %s", got.JID)
				}
			}
			second := sandboxtest.Paired(t, s.server, s.shop)
			sandboxtest.Await(second, 0, func(e *events.Contact) bool { return e.Action.GetFullName() == "Ada of the bakery" })
		})
	}
}

func TestThePhoneFollowsItsDevicesSettings(t *testing.T) {
	t.Parallel()
	s := sceneWith(t, sharing)
	sandboxtest.Await[*events.PushNameSetting](s.client, 0, nil)
	second := sandboxtest.Paired(t, s.server, s.shop)
	sandboxtest.Await[*events.PushNameSetting](second, 0, nil)
	chat := types.NewJID(ada, types.DefaultUserServer)
	if err := s.client.SendAppState(patient(t), appstate.BuildPin(chat, true)); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Await(second, 0, func(e *events.Pin) bool { return e.JID == chat && e.Action.GetPinned() })
	pin := func(settings []sandbox.Setting) bool {
		for _, setting := range settings {
			if setting.Index[0] == "pin_v1" && setting.Index[1] == chat.String() && setting.Device == 1 && strings.Contains(setting.Value, "pinAction") {
				return true
			}
		}
		return false
	}
	if _, settings := api[[]sandbox.Setting](t, s.server, "GET", "phones/"+shop+"/settings", ""); !pin(settings) {
		t.Errorf("the phone has %+v", settings)
	}
	t.Run("also when another device was faster", func(t *testing.T) {
		if err := s.client.SendAppState(patient(t), appstate.BuildMute(chat, true, time.Hour)); err != nil {
			t.Fatal(err)
		}
		sandboxtest.Await[*events.Mute](second, 0, nil)
		if err := second.Store.AppState.DeleteAppStateVersion(t.Context(), string(appstate.WAPatchRegularHigh)); err != nil { // as if it had not heard
			t.Fatal(err)
		}
		if err := second.SendAppState(patient(t), appstate.BuildMute(chat, false, 0)); err != nil {
			t.Fatalf("the library could not catch up: %v", err)
		}
		if patches := s.server.Stats().Counters["appStatePatches"]; patches != 3 {
			t.Errorf("%d patches were taken", patches)
		}
	})
	t.Run("but takes none under a key it never shared", func(t *testing.T) {
		stranger := sandboxtest.Paired(t, s.server, newPhone(t, s.server, "2348010000009", "Stranger"))
		sandboxtest.Await[*events.PushNameSetting](stranger, 0, nil)
		id, err := s.client.Store.AppStateKeys.GetLatestAppStateSyncKeyID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := stranger.Store.AppStateKeys.GetAppStateSyncKey(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		third := sandboxtest.Paired(t, s.server, s.shop)
		sandboxtest.Await[*events.Pin](third, 0, nil)
		if err := third.Store.AppStateKeys.PutAppStateSyncKey(t.Context(), id, *foreign); err != nil {
			t.Fatal(err)
		}
		fresh := sandboxtest.NewClient(t, s.server, third.Store) // the library remembers keys
		third.Disconnect()
		fresh.Dial()
		sandboxtest.Await[*events.Connected](fresh, 0, nil)
		if err := fresh.SendAppState(patient(t), appstate.BuildPin(chat, false)); !errors.Is(err, whatsmeow.ErrAppStateUpdate) {
			t.Errorf("it ended with %v", err)
		}
		if refused := s.server.Stats().Counters["appStatePatchesRefused"]; refused == 0 {
			t.Error("no patch was refused")
		}
	})
}

func TestSettingsSurviveARestartAndANewNumber(t *testing.T) {
	t.Parallel()
	config := sandbox.Config{DataDir: t.TempDir(), NoSync: true}
	server := sandboxtest.NewWith(t, config)
	phone := newPhone(t, server, shop, "Shop")
	newPhone(t, server, ada, "Ada")
	if err := phone.SaveContact(patient(t), ada, "Ada Obi"); err != nil {
		t.Fatal(err)
	}
	if _, err := server.ChangeNumber(patient(t), shop, "2348010000007", false); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	again := sandboxtest.NewWith(t, config)
	b := again.Behaviour()
	b.ShareKeys = true
	again.SetBehaviour(b)
	client := sandboxtest.Paired(t, again, newPhone(t, again, "2348010000007", ""))
	sandboxtest.Await(client, 0, func(e *events.Contact) bool { return e.Action.GetFullName() == "Ada Obi" })
}

func TestFaultsOfTheAppState(t *testing.T) {
	t.Parallel()
	s := sceneWith(t, sharing)
	sandboxtest.Await[*events.PushNameSetting](s.client, 0, nil)
	fault := func(kind string) { // until it is withdrawn: one notice more or less makes no difference
		t.Helper()
		if err := s.server.Fault(patient(t), sandbox.Fault{Kind: kind, Phone: shop, Seconds: 600}); err != nil {
			t.Fatal(err)
		}
	}
	contacts := appstate.WAPatchCriticalUnblockLow
	if err := s.shop.SaveContact(patient(t), ada, "Ada"); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Await(s.client, 0, func(e *events.Contact) bool { return e.Action.GetFullName() == "Ada" })
	t.Run("a false signature of a patch", func(t *testing.T) {
		fault("state_mac")
		if err := s.shop.SaveContact(patient(t), ada, "Ada Obi"); err != nil {
			t.Fatal(err)
		}
		sandboxtest.Await(s.client, 0, func(e *events.AppStateSyncError) bool {
			return e.Name == contacts && errors.Is(e.Error, appstate.ErrMismatchingPatchMAC)
		})
	})
	t.Run("a false signature of a snapshot", func(t *testing.T) {
		if err := s.client.FetchAppState(patient(t), contacts, true, false); !errors.Is(err, appstate.ErrMismatchingLTHash) {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Run("the phone tells all in the clear", func(t *testing.T) {
		if _, err := s.client.SendPeerMessage(patient(t), whatsmeow.BuildAppStateRecoveryRequest(contacts)); err != nil {
			t.Fatal(err)
		}
		sandboxtest.Await(s.client, 0, func(e *events.AppStateSyncComplete) bool { return e.Name == contacts && e.Recovery && e.Version > 0 })
		s.server.ClearFaults()
		if err := s.shop.SaveContact(patient(t), ada, "Ada of the bakery"); err != nil {
			t.Fatal(err)
		}
		sandboxtest.Await(s.client, 0, func(e *events.Contact) bool { return e.Action.GetFullName() == "Ada of the bakery" })
	})
	t.Run("an error in place of an answer", func(t *testing.T) {
		fault("state_error")
		if err := s.client.SendAppState(patient(t), appstate.BuildPin(types.NewJID(ada, types.DefaultUserServer), true)); !errors.Is(err, whatsmeow.ErrAppStateUpdate) {
			t.Errorf("it ended with %v", err)
		}
	})
}
