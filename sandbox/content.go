package sandbox

import (
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
)

// The types of messages besides media.
const (
	typeText     = "text"
	typeEdit     = "edit"
	typeDelete   = "delete"
	typeReaction = "reaction"
	typeOther    = "other"
)

// content builds the protobuf of an outgoing message and completes its record.
func (p *Phone) content(o Outgoing, m *Message, peer *Phone) (*waE2E.Message, error) {
	if needsTarget(m.Type) && o.Target == "" {
		return nil, refuse(statusUnprocessable, "Say which message it is about (target).")
	}
	key := &waCommon.MessageKey{
		RemoteJID: new(peer.jid(types.DefaultUserServer, 0).String()), ID: new(o.Target),
		FromMe: new(p.sentFrom(o.Target)),
	}
	switch m.Type {
	case typeText:
		return &waE2E.Message{Conversation: new(o.Text)}, nil
	case typeEdit:
		return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
			EditedMessage: &waE2E.Message{Conversation: new(o.Text)},
			TimestampMS:   new(m.At.UnixMilli()),
		}}, nil
	case typeDelete:
		return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, nil
	case typeReaction:
		return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Key: key, Text: new(o.Text), SenderTimestampMS: new(m.At.UnixMilli()),
		}}, nil
	default:
		return p.mediaContent(o, m)
	}
}

func needsTarget(kind string) bool {
	return kind == typeEdit || kind == typeDelete || kind == typeReaction
}

func (p *Phone) sentFrom(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID["o/"+id] != nil
}

// stanzaType is the type attribute of the message element.
func stanzaType(m *Message) string {
	switch {
	case m.Media != nil:
		return "media"
	case m.Type == typeReaction:
		return "reaction"
	default:
		return "text"
	}
}

func editAttribute(kind string) string {
	switch kind {
	case typeEdit:
		return string(types.EditAttributeMessageEdit)
	case typeDelete:
		return string(types.EditAttributeSenderRevoke)
	default:
		return ""
	}
}

// describe fills a record from decrypted content: what a person would see.
func (m *Message) describe(content *waE2E.Message) {
	m.Type, m.Text = typeText, content.GetConversation()
	if extended := content.GetExtendedTextMessage(); extended != nil {
		m.Text = extended.GetText()
	}
	if change := content.GetProtocolMessage(); change != nil {
		m.describeChange(change)
	} else if reaction := content.GetReactionMessage(); reaction != nil {
		m.Type, m.Text, m.Target = typeReaction, reaction.GetText(), reaction.GetKey().GetID()
	} else if kind, text, media := mediaOf(content); media != nil {
		m.Type, m.Text, m.Media = kind, text, media
	} else if content.Conversation == nil && content.ExtendedTextMessage == nil {
		m.Type = typeOther
	}
}

func (m *Message) describeChange(change *waE2E.ProtocolMessage) {
	m.Target = change.GetKey().GetID()
	switch change.GetType() { //nolint:exhaustive // the others are not shown to people
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		var edited Message
		edited.describe(change.GetEditedMessage())
		m.Type, m.Text = typeEdit, edited.Text
	case waE2E.ProtocolMessage_REVOKE:
		m.Type, m.Text = typeDelete, ""
	default:
		m.Type = typeOther
	}
}
