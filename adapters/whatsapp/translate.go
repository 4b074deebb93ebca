package whatsapp

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// inbound is a message of WhatsApp in our words.
type inbound struct {
	what    what
	message commands.ReceiveMessage // for an edit or a delete its MessageID is the earlier message's
	own     domain.MessageID        // the id of the edit or delete itself
}

// what a message is to us.
type what string

const (
	isIgnored  what = "ignored"   // not a message to the business: acknowledged, counted, never stored
	isMessage  what = "message"   // a customer wrote
	isEdit     what = "edit"      // a customer changed words
	isDelete   what = "delete"    // a customer took words back
	isOwner    what = "owner"     // a person from the business wrote to a customer
	isSelfChat what = "self_chat" // a person from the business wrote a !command to themselves
)

// account is who the linked number is.
type account struct {
	PN  types.JID // of our device
	LID types.JID
}

func (a account) isSelf(jid types.JID) bool {
	return jid.User != "" && (jid.User == a.PN.User || jid.User == a.LID.User)
}

// personal says whether a chat is with one person, the only kind that is stored.
func personal(s types.MessageSource) bool {
	switch s.Chat.Server {
	case types.DefaultUserServer, types.HiddenUserServer, types.HostedServer, types.HostedLIDServer:
		return !s.IsGroup && !s.Chat.IsBot()
	}
	return false
}

// translate says what a message of the library means. other is the second address of the chat's person, if known.
func translate(e *events.Message, self account, other types.JID) inbound {
	m, i := e.Message, e.Info
	if m == nil || !personal(i.MessageSource) || i.Category == "peer" || (e.SourceWebMsg != nil && e.UnavailableRequestID == "") {
		return inbound{what: isIgnored}
	}
	in := inbound{what: isMessage, message: commands.ReceiveMessage{
		MessageID: domain.MessageID(i.ID), SentAt: i.Timestamp, ReplyTo: plainJID(i.Chat).String(),
	}}
	if p := m.GetProtocolMessage(); p != nil {
		return translateProtocol(in, i, p, other)
	}
	in.message.Kind, in.message.Text, in.message.Quotes = contents(m)
	if in.message.Kind == "" {
		return inbound{what: isIgnored}
	}
	in.message.Text = clean(in.message.Text)
	if i.IsFromMe {
		return translateOwn(in, i, self, other)
	}
	in.message.From = person(i.Chat, other, clean(i.PushName))
	return in
}

// translateOwn is for what was typed on the business's phone, or on another of its devices.
func translateOwn(in inbound, i types.MessageInfo, self account, other types.JID) inbound {
	if i.Sender.Device == self.PN.Device || in.message.Kind == domain.KindReaction {
		return inbound{what: isIgnored} // our own echo; a thumb is no answer
	}
	if !self.isSelf(i.Chat) {
		in.what, in.message.From = isOwner, person(i.Chat, other, "")
		return in
	}
	if !ordered(in.message.Text) {
		return inbound{what: isIgnored} // notes to oneself are nobody's business
	}
	in.what, in.message.From = isSelfChat, person(self.LID, self.PN, "")
	return in
}

func translateProtocol(in inbound, i types.MessageInfo, p *waE2E.ProtocolMessage, other types.JID) inbound {
	target := domain.MessageID(p.GetKey().GetID())
	if i.IsFromMe || target == "" {
		return inbound{what: isIgnored}
	}
	in.own, in.message.MessageID = in.message.MessageID, target
	in.message.From = person(i.Chat, other, clean(i.PushName))
	switch p.GetType() { //nolint:exhaustive // the others concern devices, not people
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		in.what = isEdit
		in.message.Kind, in.message.Text, _ = contents(p.GetEditedMessage())
		in.message.Text = clean(in.message.Text)
		return in
	case waE2E.ProtocolMessage_REVOKE:
		in.what = isDelete
		return in
	}
	return inbound{what: isIgnored}
}

// contents is a message's kind, its words, and the message it quotes. An empty kind is nothing a person said.
func contents(m *waE2E.Message) (domain.MessageKind, string, domain.MessageID) {
	quotes := func(c *waE2E.ContextInfo) domain.MessageID { return domain.MessageID(c.GetStanzaID()) }
	switch {
	case m == nil:
		return "", "", ""
	case m.GetConversation() != "":
		return domain.KindText, m.GetConversation(), ""
	case m.GetExtendedTextMessage() != nil:
		x := m.GetExtendedTextMessage()
		return domain.KindText, x.GetText(), quotes(x.GetContextInfo())
	case m.GetImageMessage() != nil:
		x := m.GetImageMessage()
		return domain.KindImage, x.GetCaption(), quotes(x.GetContextInfo())
	case m.GetVideoMessage() != nil:
		x := m.GetVideoMessage()
		if x.GetGifPlayback() && x.GetCaption() == "" {
			return domain.KindSticker, "", quotes(x.GetContextInfo()) // WhatsApp sends a GIF as a film; nobody asks anything with one
		}
		return domain.KindVideo, x.GetCaption(), quotes(x.GetContextInfo())
	case m.GetPtvMessage() != nil:
		return domain.KindVideo, "", quotes(m.GetPtvMessage().GetContextInfo())
	case m.GetAudioMessage() != nil:
		return domain.KindVoice, "", quotes(m.GetAudioMessage().GetContextInfo())
	case m.GetDocumentMessage() != nil:
		x := m.GetDocumentMessage()
		return domain.KindDocument, x.GetCaption(), quotes(x.GetContextInfo())
	case m.GetStickerMessage() != nil:
		return domain.KindSticker, "", quotes(m.GetStickerMessage().GetContextInfo())
	case m.GetReactionMessage() != nil:
		x := m.GetReactionMessage()
		return domain.KindReaction, x.GetText(), domain.MessageID(x.GetKey().GetID())
	}
	return otherContents(m)
}

func otherContents(m *waE2E.Message) (domain.MessageKind, string, domain.MessageID) {
	switch {
	case m.GetLocationMessage() != nil:
		return domain.KindLocation, m.GetLocationMessage().GetComment(), ""
	case m.GetLiveLocationMessage() != nil:
		return domain.KindLocation, m.GetLiveLocationMessage().GetCaption(), ""
	case m.GetContactMessage() != nil, m.GetContactsArrayMessage() != nil:
		return domain.KindContact, "", ""
	case m.GetPollCreationMessage() != nil, m.GetPollCreationMessageV2() != nil, m.GetPollCreationMessageV3() != nil:
		return domain.KindPoll, "", ""
	case m.GetButtonsResponseMessage() != nil:
		return domain.KindText, m.GetButtonsResponseMessage().GetSelectedDisplayText(), ""
	case m.GetListResponseMessage() != nil:
		return domain.KindText, m.GetListResponseMessage().GetTitle(), ""
	case m.GetTemplateButtonReplyMessage() != nil:
		return domain.KindText, m.GetTemplateButtonReplyMessage().GetSelectedDisplayText(), ""
	case m.GetPollUpdateMessage() != nil, m.GetSenderKeyDistributionMessage() != nil, m.GetPinInChatMessage() != nil,
		m.GetKeepInChatMessage() != nil, m.GetEncReactionMessage() != nil:
		return "", "", ""
	case m.GetOrderMessage() != nil, m.GetProductMessage() != nil, m.GetGroupInviteMessage() != nil, m.GetEventMessage() != nil,
		m.GetInteractiveResponseMessage() != nil, m.GetCall() != nil, m.GetHighlyStructuredMessage() != nil:
		return domain.KindOther, "", ""
	}
	return "", "", ""
}

// person names somebody by all known addresses, the LID first.
func person(first, second types.JID, name string) commands.Sender {
	first, second = plainJID(first), plainJID(second)
	if second.Server == types.HiddenUserServer {
		first, second = second, first
	}
	s := commands.Sender{Name: name}
	for _, jid := range []types.JID{first, second} {
		if jid.User == "" {
			continue
		}
		s.Addresses = append(s.Addresses, jid.String())
		if jid.Server == types.DefaultUserServer {
			s.Phone = jid.User
		}
	}
	return s
}

// plainJID drops the device, and folds the hosted kinds into the usual ones: a person is one, whatever they hold.
func plainJID(jid types.JID) types.JID {
	jid = jid.ToNonAD()
	switch jid.Server {
	case types.HostedServer:
		jid.Server = types.DefaultUserServer
	case types.HostedLIDServer:
		jid.Server = types.HiddenUserServer
	}
	return jid
}

// clean drops what no text of a person has and the database would refuse.
func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
}

// translateReceipt says which replies a customer's phone has; false when it tells nothing of the kind.
func translateReceipt(e *events.Receipt, other types.JID) (commands.Receipt, bool) {
	if e.IsFromMe || !personal(e.MessageSource) {
		return commands.Receipt{}, false
	}
	r := commands.Receipt{From: person(e.Chat, other, ""), At: e.Timestamp}
	switch e.Type { //nolint:exhaustive // the others say nothing of a reply
	case types.ReceiptTypeDelivered, types.ReceiptTypeInactive:
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		r.Read = true
	default:
		return commands.Receipt{}, false
	}
	for _, id := range e.MessageIDs {
		r.MessageIDs = append(r.MessageIDs, domain.MessageID(id))
	}
	return r, len(r.MessageIDs) > 0
}

// ordered says whether a text in the self-chat is meant for us: a !command, or one of the words that confirm one.
func ordered(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "!") || strings.EqualFold(text, "YES") || strings.EqualFold(text, "DISCONNECT")
}
