package whatsapp

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

var (
	self = account{
		PN:  types.JID{User: "2348030000001", Device: 7, Server: types.DefaultUserServer},
		LID: types.JID{User: "100001", Device: 7, Server: types.HiddenUserServer},
	}
	customerPN  = types.NewJID("2348030000099", types.DefaultUserServer)
	customerLID = types.NewJID("100099", types.HiddenUserServer)
	at          = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
)

// from is a message of the customer in the chat named by jid.
func from(jid types.JID, m *waE2E.Message) *events.Message {
	e := &events.Message{RawMessage: m, Info: types.MessageInfo{
		MessageSource: types.MessageSource{Chat: jid, Sender: jid}, ID: "M1", Timestamp: at, PushName: "Chidi",
	}}
	return e.UnwrapRaw()
}

// typed is a message the owner wrote on the device in the chat.
func typed(device uint16, chat types.JID, m *waE2E.Message) *events.Message {
	e := from(chat, m)
	e.Info.IsFromMe = true
	e.Info.Sender = types.JID{User: self.PN.User, Device: device, Server: types.DefaultUserServer}
	return e
}

func words(s string) *waE2E.Message { return &waE2E.Message{Conversation: new(s)} }

func TestACustomersMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ chat, other types.JID }{
		"by phone number": {customerPN, customerLID},
		"by LID":          {customerLID, customerPN},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := inbound{what: isMessage, message: commands.ReceiveMessage{
				From: commands.Sender{
					Addresses: []string{"100099@lid", "2348030000099@s.whatsapp.net"}, Phone: "2348030000099", Name: "Chidi",
				},
				MessageID: "M1", Kind: domain.KindText, Text: "hello", SentAt: at, ReplyTo: c.chat.String(),
			}}
			got := translate(from(c.chat, words("hello")), self, c.other)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(inbound{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("of whom only the LID is known has no phone", func(t *testing.T) {
		t.Parallel()
		got := translate(from(customerLID, words("hello")), self, types.NewJID("", types.DefaultUserServer))
		want := commands.Sender{Addresses: []string{"100099@lid"}, Name: "Chidi"}
		if diff := cmp.Diff(want, got.message.From); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("from a hosted device is the same person's", func(t *testing.T) {
		t.Parallel()
		hosted := types.JID{User: customerPN.User, Device: 99, Server: types.HostedServer}
		if got := translate(from(hosted, words("hello")), self, customerLID); got.message.From.Addresses[1] != customerPN.String() {
			t.Errorf("from %v", got.message.From.Addresses)
		}
	})
	t.Run("without what the database refuses", func(t *testing.T) {
		t.Parallel()
		if got := translate(from(customerPN, words("a\x00b\xff")), self, customerLID); got.message.Text != "ab\uFFFD" {
			t.Errorf("the text is %q", got.message.Text)
		}
	})
}

func TestKindsOfMessages(t *testing.T) {
	t.Parallel()
	quoting := &waE2E.ContextInfo{StanzaID: new("Q1")}
	for name, c := range map[string]struct {
		message *waE2E.Message
		kind    domain.MessageKind
		text    string
		quotes  domain.MessageID
	}{
		"a text with a link":       {&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new("see"), ContextInfo: quoting}}, domain.KindText, "see", "Q1"},
		"a picture with a caption": {&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: new("this one"), ContextInfo: quoting}}, domain.KindImage, "this one", "Q1"},
		"a video":                  {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{}}, domain.KindVideo, "", ""},
		"a GIF":                    {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{GifPlayback: new(true)}}, domain.KindSticker, "", ""},
		"a GIF with words":         {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{GifPlayback: new(true), Caption: new("how much?")}}, domain.KindVideo, "how much?", ""},
		"a voice note":             {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, domain.KindVoice, "", ""},
		"a document in a wrapper": {&waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			DocumentMessage: &waE2E.DocumentMessage{Caption: new("the list")},
		}}}, domain.KindDocument, "the list", ""},
		"a disappearing text": {&waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: words("psst")}}, domain.KindText, "psst", ""},
		"a sticker":           {&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, domain.KindSticker, "", ""},
		"a place":             {&waE2E.Message{LocationMessage: &waE2E.LocationMessage{}}, domain.KindLocation, "", ""},
		"a contact":           {&waE2E.Message{ContactMessage: &waE2E.ContactMessage{}}, domain.KindContact, "", ""},
		"a poll":              {&waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{}}, domain.KindPoll, "", ""},
		"a reaction": {&waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Text: new("👍"), Key: &waCommon.MessageKey{ID: new("R1")},
		}}, domain.KindReaction, "👍", "R1"},
		"an order": {&waE2E.Message{OrderMessage: &waE2E.OrderMessage{}}, domain.KindOther, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := translate(from(customerPN, c.message), self, customerLID)
			if got.what != isMessage || got.message.Kind != c.kind || got.message.Text != c.text || got.message.Quotes != c.quotes {
				t.Errorf("it became %s %+v", got.what, got.message)
			}
		})
	}
}

func TestEditsAndDeletionsNameTheEarlierMessage(t *testing.T) {
	t.Parallel()
	key := &waCommon.MessageKey{ID: new("M0")}
	edit := &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: key, EditedMessage: words("hello"),
	}}}}
	got := translate(from(customerPN, edit), self, customerLID)
	if got.what != isEdit || got.own != "M1" || got.message.MessageID != "M0" || got.message.Text != "hello" || got.message.From.Phone == "" {
		t.Errorf("the edit became %s %+v", got.what, got)
	}
	revoke := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: key}}
	got = translate(from(customerPN, revoke), self, customerLID)
	if got.what != isDelete || got.own != "M1" || got.message.MessageID != "M0" || got.message.From.Phone == "" {
		t.Errorf("the deletion became %s %+v", got.what, got)
	}
}

func TestTheOwnersOwnMessages(t *testing.T) {
	t.Parallel()
	t.Run("to a customer are the owner's reply", func(t *testing.T) {
		t.Parallel()
		got := translate(typed(0, customerPN, words("Ada here")), self, customerLID)
		if got.what != isOwner || got.message.From.Phone != customerPN.User || got.message.From.Name != "" {
			t.Errorf("it became %s %+v", got.what, got.message)
		}
	})
	for name, chat := range map[string]types.JID{"by phone number": self.PN.ToNonAD(), "by LID": self.LID.ToNonAD()} {
		t.Run("to themselves are a command, "+name, func(t *testing.T) {
			t.Parallel()
			got := translate(typed(0, chat, words("!pause")), self, types.EmptyJID)
			want := commands.Sender{Addresses: []string{"100001@lid", "2348030000001@s.whatsapp.net"}, Phone: "2348030000001"}
			if diff := cmp.Diff(want, got.message.From); diff != "" || got.what != isSelfChat {
				t.Errorf("it became %s; %s", got.what, diff)
			}
		})
		t.Run("to themselves without an exclamation mark are nobody's business, "+name, func(t *testing.T) {
			t.Parallel()
			if got := translate(typed(0, chat, words("buy milk")), self, types.EmptyJID); got.what != isIgnored {
				t.Errorf("it became %s", got.what)
			}
		})
	}
}

func TestWhatIsIgnored(t *testing.T) {
	t.Parallel()
	inChat := func(jid types.JID, group bool) *events.Message {
		e := from(jid, words("hello"))
		e.Info.IsGroup = group
		return e
	}
	history := from(customerPN, words("old"))
	history.SourceWebMsg = &waWeb.WebMessageInfo{}
	peer := from(customerPN, words("key"))
	peer.Info.Category = "peer"
	thumb := &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Text: new("👍")}}
	for name, e := range map[string]*events.Message{
		"a group":             inChat(types.NewJID("1203", types.GroupServer), true),
		"a status":            inChat(types.StatusBroadcastJID, true),
		"a newsletter":        inChat(types.NewJID("1203", types.NewsletterServer), false),
		"a bot":               inChat(types.NewJID("1203", types.BotServer), false),
		"our own echo":        typed(7, customerPN, words("hello")),
		"the owner's thumb":   typed(0, customerPN, thumb),
		"history":             history,
		"between own devices": peer,
		"an empty message":    from(customerPN, &waE2E.Message{}),
		"a vote":              from(customerPN, &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}),
		"a setting of the chat": from(customerPN, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), Key: &waCommon.MessageKey{ID: new("M0")},
		}}),
		"the owner's deletion": typed(0, customerPN, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: &waCommon.MessageKey{ID: new("M0")},
		}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := translate(e, self, customerLID); got.what != isIgnored {
				t.Errorf("it became %s %+v", got.what, got.message)
			}
		})
	}
}

func TestAMessageTheOwnersPhoneHandedOnIsNoHistory(t *testing.T) {
	t.Parallel()
	e := from(customerPN, words("hello"))
	e.SourceWebMsg, e.UnavailableRequestID = &waWeb.WebMessageInfo{}, "R1"
	if got := translate(e, self, customerLID); got.what != isMessage {
		t.Errorf("it became %s", got.what)
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	receipt := func(kind types.ReceiptType, edit func(*events.Receipt)) *events.Receipt {
		e := &events.Receipt{
			MessageSource: types.MessageSource{Chat: customerLID, Sender: customerLID},
			MessageIDs:    []types.MessageID{"A", "B"}, Timestamp: at, Type: kind,
		}
		if edit != nil {
			edit(e)
		}
		return e
	}
	for name, c := range map[string]struct {
		event       *events.Receipt
		tells, read bool
	}{
		"delivered":               {receipt("", nil), true, false},
		"delivered, not in front": {receipt("inactive", nil), true, false},
		"read":                    {receipt("read", nil), true, true},
		"played":                  {receipt("played", nil), true, true},
		"asking again":            {receipt("retry", nil), false, false},
		"read by ourselves":       {receipt("read-self", nil), false, false},
		"from an own device":      {receipt("", func(e *events.Receipt) { e.IsFromMe = true }), false, false},
		"of a group": {receipt("", func(e *events.Receipt) {
			e.Chat, e.IsGroup = types.NewJID("1203", types.GroupServer), true
		}), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, tells := translateReceipt(c.event, customerPN)
			if tells != c.tells || got.Read != c.read {
				t.Errorf("tells %v, read %v", tells, got.Read)
			}
			if tells && (len(got.MessageIDs) != 2 || len(got.From.Addresses) != 2 || got.From.Addresses[0] != "100099@lid") {
				t.Errorf("it became %+v", got)
			}
		})
	}
}
