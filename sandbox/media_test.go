package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestAPictureGoesBothWays(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	picture := bytes.Repeat([]byte("picture "), 1000)
	t.Run("from the customer", func(t *testing.T) {
		s.write(t, sandbox.Outgoing{Type: "image", Text: "look", Data: picture, MIME: "image/png"})
		got := sandboxtest.Await(s.client, 0, func(m *events.Message) bool { return m.Message.GetImageMessage() != nil })
		data, err := s.client.Download(patient(t), got.Message.GetImageMessage())
		if err != nil || !bytes.Equal(data, picture) {
			t.Errorf("downloaded %d bytes: %v", len(data), err)
		}
	})
	t.Run("from the device", func(t *testing.T) {
		up, err := s.client.Upload(patient(t), picture, whatsmeow.MediaImage)
		if err != nil {
			t.Fatalf("upload: %v", err)
		}
		_, err = s.client.SendMessage(patient(t), types.NewJID(ada, types.DefaultUserServer), &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileLength: &up.FileLength,
			FileSHA256: up.FileSHA256, FileEncSHA256: up.FileEncSHA256, Mimetype: new("image/png"), Caption: new("here"),
		}})
		if err != nil {
			t.Fatalf("send: %v", err)
		}
		m := await(t, s.customer, "the picture", func(m sandbox.Message) bool { return m.Type == "image" && m.Direction == "in" })
		response, err := http.Get("http://" + s.server.Addr() + "/sandbox/api/phones/" + ada + "/messages/" + m.ID + "/media")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if data, _ := io.ReadAll(response.Body); !bytes.Equal(data, picture) || m.Text != "here" {
			t.Errorf("the phone has %d bytes, caption %q", len(data), m.Text)
		}
	})
}

func TestEditsDeletionsAndReactions(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	sent := s.write(t, sandbox.Outgoing{Text: "helo"})
	s.client.AwaitText(0, "helo")
	s.write(t, sandbox.Outgoing{Type: "edit", Target: sent.ID, Text: "hello"})
	sandboxtest.Await(s.client, 0, func(m *events.Message) bool {
		return m.Message.GetProtocolMessage().GetEditedMessage().GetConversation() == "hello"
	})
	s.write(t, sandbox.Outgoing{Type: "reaction", Target: sent.ID, Text: "👍"})
	sandboxtest.Await(s.client, 0, func(m *events.Message) bool { return m.Message.GetReactionMessage().GetText() == "👍" })
	s.write(t, sandbox.Outgoing{Type: "delete", Target: sent.ID})
	sandboxtest.Await(s.client, 0, func(m *events.Message) bool {
		return m.Message.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_REVOKE && m.Message.GetProtocolMessage().GetKey().GetID() == sent.ID
	})
	customer := types.NewJID(ada, types.DefaultUserServer)
	id := s.client.SendText(ada, "bye")
	if _, err := s.client.SendMessage(patient(t), customer, s.client.BuildRevoke(customer, types.EmptyJID, id)); err != nil {
		t.Fatal(err)
	}
	await(t, s.customer, "the deletion", func(m sandbox.Message) bool { return m.Type == "delete" && m.Target == id })
}

func TestTypingIsShown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if err := s.client.SendChatPresence(patient(t), types.NewJID(ada, types.DefaultUserServer), types.ChatPresenceComposing, ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the customer sees typing", func() bool { return len(s.customer.TypingPeers()) == 1 })
	if err := s.customer.Typing(shop, true); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Await(s.client, 0, func(p *events.ChatPresence) bool { return p.State == types.ChatPresenceComposing })
}

func TestTypingIsShownOnHandsetsUntilTheMessageComes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if err := s.customer.Typing(shop, true); err != nil {
		t.Fatal(err)
	}
	if got := s.shop.TypingPeers(); len(got) != 1 || got[0] != ada {
		t.Errorf("the shop's handset shows %v typing", got)
	}
	s.write(t, sandbox.Outgoing{Text: "there"})
	if got := s.shop.TypingPeers(); len(got) != 0 {
		t.Errorf("with the message there, the shop's handset shows %v typing", got)
	}
}
