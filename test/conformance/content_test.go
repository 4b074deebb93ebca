package conformance_test

import (
	"encoding/base64"
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestBaileysUnderstandsWhatPeopleSend(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	first := s.write(t, sandbox.Outgoing{Text: "the first"})
	s.client.awaitText(0, "the first")
	file := []byte("some bytes")
	for kind, message := range map[string]sandbox.Outgoing{
		"extendedTextMessage": {Text: "about that", Target: first.ID},
		"documentMessage":     {Type: "document", Data: file, MIME: "application/pdf", Name: "menu.pdf"},
		"imageMessage":        {Type: "image", Data: file, MIME: "image/png"},
		"audioMessage":        {Type: "ptt", Data: file, MIME: "audio/ogg; codecs=opus"},
		"videoMessage":        {Type: "video", Data: file, MIME: "video/mp4"},
		"stickerMessage":      {Type: "sticker", Data: file, MIME: "image/webp"},
		"locationMessage":     {Type: "location", Latitude: 6.5, Longitude: 3.4},
		"contactMessage":      {Type: "contact", Name: "Bola", Text: "+234 802 000 0002"},
		"pollCreationMessage": {Type: "poll", Text: "Jollof?", Options: []string{"yes", "no"}},
	} {
		t.Run(kind, func(t *testing.T) {
			sent := s.write(t, message)
			s.client.await(0, "a "+kind, func(l line) bool { return l.Event == "message" && l.Key.ID == sent.ID && l.Kind == kind })
			await(t, s.customer, "it delivered", withStatus(sent.ID, sandbox.StatusDelivered))
			if len(message.Data) == 0 {
				return
			}
			if got := s.client.doText("download", map[string]any{"message": sent.ID}); got != base64.StdEncoding.EncodeToString(file) {
				t.Errorf("it downloaded %q", got)
			}
		})
	}
	t.Run("an edit", func(t *testing.T) {
		s.write(t, sandbox.Outgoing{Type: "edit", Text: "corrected", Target: first.ID})
		s.client.await(0, "the edit", func(l line) bool { return l.Event == "update" && l.Edited == "corrected" && l.Key.ID == first.ID })
	})
	t.Run("a reaction", func(t *testing.T) {
		s.write(t, sandbox.Outgoing{Type: "reaction", Text: "👍", Target: first.ID})
		s.client.await(0, "the reaction", func(l line) bool { return l.Event == "reaction" && l.Text == "👍" })
	})
	t.Run("a deletion", func(t *testing.T) {
		s.write(t, sandbox.Outgoing{Type: "delete", Target: first.ID})
		s.client.await(0, "the deletion", func(l line) bool { return l.Event == "update" && l.Key.ID == first.ID && l.Stub == 1 })
	})
	s.understood(t)
}

func TestThePhoneUnderstandsWhatBaileysSends(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	asked := s.write(t, sandbox.Outgoing{Text: "a question"})
	got := s.client.awaitText(0, "a question")
	chat := got.Key.RemoteJID
	s.client.do("send", map[string]any{"to": chat, "content": text("an answer"), "quoted": asked.ID})
	if m := await(t, s.customer, "the answer", withText("an answer")); m.Quote == nil || m.Quote.ID != asked.ID {
		t.Errorf("it quotes %+v", m.Quote)
	}
	id := s.client.sendJID(chat, text("to be changed"))
	key := map[string]any{"remoteJid": chat, "fromMe": true, "id": id}
	s.client.sendJID(chat, map[string]any{"text": "changed", "edit": key})
	await(t, s.customer, "the edit", func(m sandbox.Message) bool { return m.Type == "edit" && m.Text == "changed" && m.Target == id })
	s.client.sendJID(chat, map[string]any{"delete": key})
	await(t, s.customer, "the deletion", func(m sandbox.Message) bool { return m.Type == "delete" && m.Target == id })
	s.client.sendJID(chat, map[string]any{"react": map[string]any{"text": "🙏", "key": map[string]any{"remoteJid": chat, "fromMe": false, "id": asked.ID}}})
	await(t, s.customer, "the reaction", func(m sandbox.Message) bool { return m.Type == "reaction" && m.Target == asked.ID })
	s.client.sendJID(chat, map[string]any{"location": map[string]any{"degreesLatitude": 6.5, "degreesLongitude": 3.4}})
	await(t, s.customer, "the location", func(m sandbox.Message) bool { return m.Type == "location" })
	s.client.sendJID(chat, map[string]any{"poll": map[string]any{"name": "Jollof?", "values": []string{"yes", "no"}, "selectableCount": 1}})
	await(t, s.customer, "the poll", func(m sandbox.Message) bool { return m.Type == "poll" && m.Text == "Jollof?" })
	s.client.sendJID(chat, map[string]any{"audio": base64.StdEncoding.EncodeToString([]byte("a voice")), "ptt": true, "mimetype": "audio/ogg; codecs=opus", "seconds": 1, "waveform": nil})
	voice := await(t, s.customer, "the voice note", func(m sandbox.Message) bool { return m.Type == "ptt" && m.Direction == "in" })
	if data, err := s.customer.Download(voice.ID); err != nil || string(data) != "a voice" {
		t.Errorf("the phone hears %q: %v", data, err)
	}
	s.understood(t)
}

func TestBaileysIsToldWhatIsNotAChat(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for through, suffix := range map[string]string{"group": "@g.us", "status": "status@broadcast"} {
		t.Run(through, func(t *testing.T) {
			s.write(t, sandbox.Outgoing{Text: "through a " + through, Through: through})
			got := s.client.awaitText(0, "through a "+through)
			if jid := got.Key.RemoteJID; len(jid) < len(suffix) || jid[len(jid)-len(suffix):] != suffix {
				t.Errorf("it saw %+v", got.Key)
			}
		})
	}
	t.Run("a channel", func(t *testing.T) {
		s.write(t, sandbox.Outgoing{Text: "through a channel", Through: "channel"})
		s.write(t, sandbox.Outgoing{Text: "behind it"})
		s.client.awaitText(0, "behind it")
	})
	s.understood(t)
}

func TestBaileysGetsHistoryAndKeys(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"inline", "blob"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			installed(t)
			s := unlinked(t)
			s.write(t, sandbox.Outgoing{Text: "long ago"})
			b := s.server.Behaviour()
			b.History, b.ShareKeys = how, true
			s.server.SetBehaviour(b)
			s.client = startBaileysTrusting(t, s.server, t.TempDir(), s.server.RootKeyHex(), "HISTORY=yes")
			if _, err := s.shop.Scan(patient(t), s.client.qr()); err != nil {
				t.Fatal(err)
			}
			if got := s.client.awaitEvent(0, "history"); got.Chats != 1 {
				t.Errorf("it got %d chats", got.Chats)
			}
			s.understood(t)
		})
	}
}

func TestBaileysDeclinesACall(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	call, err := s.customer.Call(patient(t), shop, false)
	if err != nil {
		t.Fatal(err)
	}
	offer := s.client.await(0, "the call", func(l line) bool { return l.Event == "call" && l.Text == "offer" && l.Key.ID == call.ID })
	s.client.do("decline", map[string]any{"call": call.ID, "from": offer.Key.RemoteJID})
	await(t, s.customer, "that it was declined", func(m sandbox.Message) bool { return m.ID == call.ID && m.Text == "Voice call, declined" })
	s.understood(t)
}

// Three parties read and write the same app state: the phone and two libraries, each of
// which checks the others' signatures.
func TestBaileysAndWhatsmeowShareTheSettings(t *testing.T) {
	t.Parallel()
	s := sceneWith(t, func(b *sandbox.Behaviour) { b.ShareKeys = true }, "HISTORY=yes")
	other := sandboxtest.Paired(t, s.server, s.shop)
	sandboxtest.Await[*events.PushNameSetting](other, 0, nil)
	if err := s.shop.SaveContact(patient(t), ada, "Ada Obi"); err != nil {
		t.Fatal(err)
	}
	s.client.await(0, "the contact", func(l line) bool { return l.Event == "contact" && l.Text == "Ada Obi" })
	sandboxtest.Await(other, 0, func(e *events.Contact) bool { return e.Action.GetFullName() == "Ada Obi" })
	chat := ada + "@s.whatsapp.net"
	s.client.do("pin", map[string]any{"to": chat})
	sandboxtest.Await(other, 0, func(e *events.Pin) bool { return e.JID.String() == chat && e.Action.GetPinned() })
	if refused := s.server.Stats().Counters["appStatePatchesRefused"]; refused != 0 {
		t.Errorf("%d patches were refused", refused)
	}
	s.understood(t)
}

func TestTwoLibrariesShareAnAccount(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	second := sandboxtest.Paired(t, s.server, s.shop)
	s.write(t, sandbox.Outgoing{Text: "to both"})
	s.client.awaitText(0, "to both")
	second.AwaitText(0, "to both")
	s.client.send(text("from Baileys"))
	await(t, s.customer, "the answer", withText("from Baileys"))
	second.AwaitContent(0, "from Baileys")
	second.SendText(ada, "from whatsmeow")
	await(t, s.customer, "the second answer", withText("from whatsmeow"))
	if got := s.client.awaitText(0, "from whatsmeow"); !got.Key.FromMe {
		t.Errorf("it saw %+v", got.Key)
	}
	s.understood(t)
}

func TestBaileysInANewLIDAccount(t *testing.T) {
	t.Parallel()
	s := sceneWith(t, func(b *sandbox.Behaviour) { b.LIDMigrated = true }, "HISTORY=yes")
	s.write(t, sandbox.Outgoing{Text: "by lid", Address: "lid"})
	got := s.client.awaitText(0, "by lid")
	s.client.sendJID(got.Key.RemoteJID, text("re: by lid"))
	await(t, s.customer, "the answer", withText("re: by lid"))
	s.understood(t)
}
