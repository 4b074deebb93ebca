package sandbox

import "time"

// The states of a message, seen from the phone that keeps it.
const (
	StatusSent      = "sent"      // the server has it
	StatusDelivered = "delivered" // a device of the other side has it; of a received one: decrypted
	StatusRead      = "read"
	StatusFailed    = "failed" // could not be decrypted
)

// The directions of a message, seen from the phone that keeps it.
const (
	DirectionIn  = "in"
	DirectionOut = "out"
)

// Message is one message as a phone knows it: what it sent, and what it decrypted.
type Message struct {
	ID        string    `json:"id"`
	Direction string    `json:"direction"`
	Peer      string    `json:"peer"` // the other side's phone number
	Type      string    `json:"type"` // text, edit, delete, reaction, image, …
	Text      string    `json:"text"`
	At        time.Time `json:"at"` // when the server took it
	Status    string    `json:"status"`
	// Copies counts how often this id arrived at (or, after resending, left) the phone.
	Copies int    `json:"copies"`
	Error  string `json:"error,omitempty"`
	// Device is the linked device of the sender's account that sent it, 0 is the phone itself.
	Device int `json:"device"`
	// Address says how the other side was addressed: "phone" or "lid".
	Address     string     `json:"address"`
	Target      string     `json:"target,omitempty"`     // the message an edit, deletion or reaction is about
	Retries     int        `json:"retries,omitempty"`    // how often a device asked for it again, or was asked
	Unreadable  int        `json:"unreadable,omitempty"` // so many more copies cannot be read, by a fault
	DecryptedAt *time.Time `json:"decryptedAt,omitempty"`
	DeliveredAt *time.Time `json:"deliveredAt,omitempty"`
	ReadAt      *time.Time `json:"readAt,omitempty"`
	Media       *Media     `json:"media,omitempty"`
	// Arrivals are the times it came to this phone, with the connection it came from.
	Arrivals []Arrival `json:"arrivals,omitempty"`

	Quote *Quote `json:"quote,omitempty"`

	sequence uint64
	plain    []byte
}

// Quote is the message another one answers.
type Quote struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Media describes an attachment.
type Media struct {
	MIME string `json:"mime"`
	Name string `json:"name,omitempty"`
	Size uint64 `json:"size"`
	Path string `json:"path"` // where the encrypted file is on this server
	Key  []byte `json:"key"`
}

// Outgoing is a message to send from a phone.
type Outgoing struct {
	To   string `json:"to"`   // a phone number; the phone's own for its self-chat
	Text string `json:"text"` // the text, caption or reaction
	// Address is "phone" or "lid". Defaults to "phone".
	Address string `json:"address"`
	// Type is text, edit, delete, reaction, location, contact, poll, or the kind of a medium: image,
	// video, audio, ptt (a voice note), document, sticker. Defaults to text.
	Type   string `json:"type"`
	Target string `json:"target"` // for edit, delete and reaction the message's id; for a text: what it quotes
	// ID fixes the message's id. Defaults to a random one.
	ID   string `json:"id"`
	Data []byte `json:"data"` // a medium's bytes (base64 in JSON)
	MIME string `json:"mime"`
	Name string `json:"name"` // a document's or a contact's name
	// Latitude and Longitude are a location's.
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	// Options are a poll's choices; its question is the text.
	Options []string `json:"options"`
	// Through is "group", "status" or "channel" for a text that does not belong to the chat of
	// the two, which a bot must leave alone. Defaults to the chat.
	Through string `json:"through"`
}
