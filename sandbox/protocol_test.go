package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"go.mau.fi/util/jsonbytes"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// sceneWith is newScene under changed switches.
func sceneWith(t *testing.T, change func(*sandbox.Behaviour)) scene {
	t.Helper()
	b := sandbox.DefaultBehaviour()
	b.CloseLag = 100
	change(&b)
	return sceneOn(t, sandboxtest.NewWith(t, sandbox.Config{Behaviour: &b}))
}

func TestAPasskeyIsAskedForBehindTheScan(t *testing.T) {
	t.Parallel()
	link := func(t *testing.T, answer func(challenge []byte) []byte) (*sandboxtest.Client, <-chan sandbox.Device, <-chan error) {
		t.Helper()
		b := sandbox.DefaultBehaviour()
		b.CloseLag, b.Passkey = 100, true
		server := sandboxtest.NewWith(t, sandbox.Config{Behaviour: &b})
		phone := newPhone(t, server, shop, "Shop")
		client := sandboxtest.NewClient(t, server, nil)
		code := codeOf(t, client)
		devices, failures := make(chan sandbox.Device, 1), make(chan error, 1)
		go func() {
			device, err := phone.Scan(t.Context(), code)
			devices <- device
			failures <- err
		}()
		request := sandboxtest.Await[*events.PairPasskeyRequest](client, 0, nil)
		if err := client.SendPasskeyResponse(patient(t), assertion(t, answer(request.PublicKey.Challenge))); err != nil {
			t.Fatal(err)
		}
		return client, devices, failures
	}
	t.Run("and both sides show the same code", func(t *testing.T) {
		t.Parallel()
		client, devices, failures := link(t, func(challenge []byte) []byte { return challenge })
		shown := sandboxtest.Await[*events.PairPasskeyConfirmation](client, 0, nil)
		if err := client.SendPasskeyConfirmation(patient(t)); err != nil {
			t.Fatal(err)
		}
		device, err := <-devices, <-failures
		if err != nil || device.Code != shown.Code || device.Method != "passkey" || !shown.SkipHandoffUX {
			t.Errorf("the phone linked %+v (%v), the device shows %+v", device, err, shown)
		}
		sandboxtest.Await[*events.Connected](client, 0, nil)
	})
	t.Run("and an answer to another question is refused", func(t *testing.T) {
		t.Parallel()
		_, _, failures := link(t, func([]byte) []byte { return []byte("something else") })
		refused(t, <-failures, "does not belong")
	})
}

// assertion is what an authenticator answers.
func assertion(t *testing.T, challenge []byte) *types.WebAuthnResponse {
	t.Helper()
	data, err := json.Marshal(map[string]string{
		"type": "webauthn.get", "challenge": base64.RawURLEncoding.EncodeToString(challenge), "origin": "https://web.whatsapp.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	id := jsonbytes.UnpaddedURLBytes("credential")
	return &types.WebAuthnResponse{ID: "credential", RawID: id, Type: "public-key", Response: types.WebAuthnResponseData{
		ClientDataJSON: data, AuthenticatorData: []byte("data"), Signature: []byte("signature"),
	}}
}

func TestHistoryComesInlineAndAsAFile(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"inline", "blob"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			server := sandboxtest.New(t)
			phone, customer := newPhone(t, server, shop, "Shop"), newPhone(t, server, ada, "Ada")
			if _, err := customer.Send(patient(t), shop, "long ago"); err != nil {
				t.Fatal(err)
			}
			if status, answer := api[object](t, server, "PATCH", "behaviour", `{"history": "`+how+`"}`); status != 200 {
				t.Fatalf("the switch answered %d %v", status, answer)
			}
			client := sandboxtest.NewClient(t, server, nil)
			client.ManualHistorySyncDownload = false
			if _, err := phone.Scan(patient(t), codeOf(t, client)); err != nil {
				t.Fatal(err)
			}
			history := sandboxtest.Await[*events.HistorySync](client, 0, nil)
			chats := history.Data.GetConversations()
			if len(chats) != 1 || chats[0].GetMessages()[0].GetMessage().GetMessage().GetConversation() != "long ago" {
				t.Errorf("the chats are %v", chats)
			}
			from := client.Events()
			if status, _ := api[object](t, server, "POST", "phones/"+shop+"/history", `{"how": "`+how+`"}`); status != 200 {
				t.Errorf("asking for it again answered %d", status)
			}
			sandboxtest.Await[*events.HistorySync](client, from, nil)
		})
	}
}

func TestAppStateKeysAreShared(t *testing.T) {
	t.Parallel()
	s := sceneWith(t, func(b *sandbox.Behaviour) { b.ShareKeys = true })
	eventually(t, "the key is shared and confirmed", func() bool {
		return s.server.Stats().Counters["appStateKeyShares"] == 1 && len(journalOf(s.shop, "confirmed")) == 1
	})
	t.Run("and again when a device asks", func(t *testing.T) {
		_, err := s.client.SendPeerMessage(patient(t), &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type:                   waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST.Enum(),
			AppStateSyncKeyRequest: &waE2E.AppStateSyncKeyRequest{KeyIDs: []*waE2E.AppStateSyncKeyId{{KeyID: []byte{0, 0, 0, 0, 0, 1}}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is shared again", func() bool { return s.server.Stats().Counters["appStateKeyShares"] == 2 })
	})
}

func TestTokensAdmitWhoHoldsThem(t *testing.T) {
	t.Parallel()
	s := sceneWith(t, func(b *sandbox.Behaviour) { b.RequireToken = true })
	if _, err := s.client.TrySendText(ada, "too early"); err == nil {
		t.Error("a message without a token was taken")
	}
	issue := func(age time.Duration) {
		t.Helper()
		if err := s.customer.IssueToken(patient(t), shop, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the device has it", func() bool { return s.server.Stats().Queued == 0 })
	}
	t.Run("a fresh one does", func(t *testing.T) {
		issue(0)
		s.client.SendText(ada, "with a token")
		await(t, s.customer, "the message", withText("with a token"))
		if n := s.server.Stats().Counters["tokensValid"]; n != 1 {
			t.Errorf("%d tokens were valid, want 1", n)
		}
	})
	t.Run("an expired one does not", func(t *testing.T) {
		issue(60 * 24 * time.Hour)
		if _, err := s.client.TrySendText(ada, "with an old token"); err == nil {
			t.Error("a message with an expired token was taken")
		}
	})
	t.Run("phones give one to whom they write, if the switch says so", func(t *testing.T) {
		b := s.server.Behaviour()
		b.IssueTokens = true
		s.server.SetBehaviour(b)
		const bola = "2348020000002"
		if _, err := newPhone(t, s.server, bola, "Bola").Send(patient(t), shop, "hello"); err != nil {
			t.Fatal(err)
		}
		s.client.AwaitText(0, "hello")
		eventually(t, "the device has it", func() bool { return s.server.Stats().Queued == 0 })
		s.client.SendText(bola, "welcome")
	})
}

func TestADeviceThatWasLeftOutIsNoticed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.SendText(ada, "to the phone only")
	await(t, s.customer, "the message", withText("to the phone only"))
	second := sandboxtest.Paired(t, s.server, s.customer) // nobody tells the shop's device
	s.client.SendText(ada, "misses the new device")
	if n := s.server.Stats().Counters["phashMismatches"]; n != 1 {
		t.Fatalf("%d hashes did not match, want 1", n)
	}
	s.client.SendText(ada, "reaches the new device") // the library asked for the list again
	second.AwaitText(0, "reaches the new device")
}

func TestWhatPeopleSendBesidesText(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	first := s.write(t, sandbox.Outgoing{Text: "the first"})
	s.client.AwaitText(0, "the first")
	file := []byte("some bytes")
	for _, thing := range []struct {
		name  string
		send  sandbox.Outgoing
		found func(*events.Message) bool
	}{
		{"a quote", sandbox.Outgoing{Text: "about that", Target: first.ID}, func(m *events.Message) bool {
			quoted := m.Message.GetExtendedTextMessage()
			return quoted.GetText() == "about that" && quoted.GetContextInfo().GetStanzaID() == first.ID
		}},
		{"an edit", sandbox.Outgoing{Type: "edit", Text: "corrected", Target: first.ID}, func(m *events.Message) bool {
			return m.Message.GetProtocolMessage().GetEditedMessage().GetConversation() == "corrected" && m.Info.Edit == types.EditAttributeMessageEdit
		}},
		{"a reaction", sandbox.Outgoing{Type: "reaction", Text: "👍", Target: first.ID}, func(m *events.Message) bool {
			return m.Message.GetReactionMessage().GetText() == "👍"
		}},
		{"a deletion", sandbox.Outgoing{Type: "delete", Target: first.ID}, func(m *events.Message) bool {
			return m.Message.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_REVOKE
		}},
		{"a document", sandbox.Outgoing{Type: "document", Data: file, MIME: "application/pdf", Name: "menu.pdf"}, func(m *events.Message) bool {
			return m.Message.GetDocumentMessage().GetFileName() == "menu.pdf"
		}},
		{"a voice note", sandbox.Outgoing{Type: "ptt", Data: file, MIME: "audio/ogg; codecs=opus"}, func(m *events.Message) bool {
			return m.Message.GetAudioMessage().GetPTT()
		}},
		{"a video", sandbox.Outgoing{Type: "video", Data: file, MIME: "video/mp4"}, func(m *events.Message) bool { return m.Message.GetVideoMessage() != nil }},
		{"a sticker", sandbox.Outgoing{Type: "sticker", Data: file, MIME: "image/webp"}, func(m *events.Message) bool { return m.Message.GetStickerMessage() != nil }},
		{"a location", sandbox.Outgoing{Type: "location", Latitude: 6.5, Longitude: 3.4}, func(m *events.Message) bool {
			return m.Message.GetLocationMessage().GetDegreesLatitude() == 6.5
		}},
		{"a contact", sandbox.Outgoing{Type: "contact", Name: "Bola", Text: "+234 802 000 0002"}, func(m *events.Message) bool {
			return m.Message.GetContactMessage().GetDisplayName() == "Bola"
		}},
		{"a poll", sandbox.Outgoing{Type: "poll", Text: "Jollof?", Options: []string{"yes", "no"}}, func(m *events.Message) bool {
			return len(m.Message.GetPollCreationMessage().GetOptions()) == 2
		}},
	} {
		t.Run(thing.name, func(t *testing.T) {
			from := s.client.Events()
			sent := s.write(t, thing.send)
			sandboxtest.Await(s.client, from, thing.found)
			await(t, s.customer, "it delivered", withStatus(sent.ID, sandbox.StatusDelivered))
		})
	}
}

func TestWhatIsNotAChatReachesTheDeviceAsSuch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for through, server := range map[string]string{"group": types.GroupServer, "status": types.BroadcastServer, "channel": types.NewsletterServer} {
		t.Run(through, func(t *testing.T) {
			s.write(t, sandbox.Outgoing{Text: "through a " + through, Through: through})
			got := s.client.AwaitText(0, "through a "+through)
			if got.Info.Chat.Server != server || through != "channel" && !got.Info.IsGroup {
				t.Errorf("the device saw %+v", got.Info.MessageSource)
			}
		})
	}
	eventually(t, "nothing waits", func() bool { return s.server.Stats().Queued == 0 })
	if got := s.customer.Messages(); len(got) != 0 {
		t.Errorf("it is in the customer's chat: %+v", got)
	}
}
