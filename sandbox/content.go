package sandbox

import (
	"fmt"

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
	typeLocation = "location"
	typeContact  = "contact"
	typePoll     = "poll"
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
		return p.textContent(o, m, peer), nil
	case typeLocation:
		m.Text = fmt.Sprintf("%g, %g", o.Latitude, o.Longitude)
		return &waE2E.Message{LocationMessage: &waE2E.LocationMessage{
			DegreesLatitude: new(o.Latitude), DegreesLongitude: new(o.Longitude), Name: new(o.Text),
		}}, nil
	case typeContact:
		m.Text = o.Name + ", +" + digits(o.Text)
		return &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: new(o.Name), Vcard: new(vcard(o.Name, o.Text))}}, nil
	case typePoll:
		return pollContent(o)
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

// textContent is a plain text, or one that quotes a message.
func (p *Phone) textContent(o Outgoing, m *Message, peer *Phone) *waE2E.Message {
	if o.Target == "" {
		return &waE2E.Message{Conversation: new(o.Text)}
	}
	author := peer
	if p.sentFrom(o.Target) {
		author = p
	}
	m.Quote = &Quote{ID: o.Target, Text: p.textOf(o.Target)}
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: new(o.Text),
		ContextInfo: &waE2E.ContextInfo{
			StanzaID: new(o.Target), Participant: new(author.jid(serverOf(m.Address), 0).String()),
			QuotedMessage: &waE2E.Message{Conversation: new(m.Quote.Text)},
		},
	}}
}

func (p *Phone) textOf(id string) string {
	for _, m := range p.Messages() {
		if m.ID == id {
			return m.Text
		}
	}
	return ""
}

func vcard(name, number string) string {
	return "BEGIN:VCARD\nVERSION:3.0\nFN:" + name + "\nTEL;waid=" + digits(number) + ":+" + digits(number) + "\nEND:VCARD"
}

func pollContent(o Outgoing) (*waE2E.Message, error) {
	if len(o.Options) < 2 {
		return nil, refuse(statusUnprocessable, "A poll needs two options or more.")
	}
	poll := &waE2E.PollCreationMessage{Name: new(o.Text), SelectableOptionsCount: new(uint32(1))}
	for _, option := range o.Options {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: new(option)})
	}
	return &waE2E.Message{
		PollCreationMessage: poll, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: randomBytes(32)},
	}, nil
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
	case m.Type == typePoll:
		return "poll"
	case m.Type == typeLocation || m.Type == typeContact:
		return "media"
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
		if quoted := extended.GetContextInfo(); quoted.GetStanzaID() != "" {
			m.Target = quoted.GetStanzaID()
			m.Quote = &Quote{ID: m.Target, Text: quoted.GetQuotedMessage().GetConversation()}
		}
	}
	if change := content.GetProtocolMessage(); change != nil {
		m.describeChange(change)
	} else if reaction := content.GetReactionMessage(); reaction != nil {
		m.Type, m.Text, m.Target = typeReaction, reaction.GetText(), reaction.GetKey().GetID()
	} else if kind, text, media := mediaOf(content); media != nil {
		m.Type, m.Text, m.Media = kind, text, media
	} else if m.describeThing(content) {
		return
	} else if content.Conversation == nil && content.ExtendedTextMessage == nil {
		m.Type = typeOther
	}
}

// describeThing fills in what is neither words nor a file, and says if it was one.
func (m *Message) describeThing(content *waE2E.Message) bool {
	poll := content.GetPollCreationMessage()
	for _, other := range []*waE2E.PollCreationMessage{content.GetPollCreationMessageV2(), content.GetPollCreationMessageV3()} {
		if poll == nil {
			poll = other
		}
	}
	switch {
	case content.GetLocationMessage() != nil:
		place := content.GetLocationMessage()
		m.Type, m.Text = typeLocation, fmt.Sprintf("%g, %g", place.GetDegreesLatitude(), place.GetDegreesLongitude())
	case content.GetContactMessage() != nil:
		m.Type, m.Text = typeContact, content.GetContactMessage().GetDisplayName()
	case poll != nil:
		m.Type, m.Text = typePoll, poll.GetName()
	default:
		return false
	}
	return true
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
