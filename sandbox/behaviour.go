package sandbox

// Behaviour gathers what the sandbox does by assumption: points where the real service
// was not observed, or does different things at different times. Durations are in
// milliseconds, so that the control API can read and change them as plain numbers.
type Behaviour struct {
	// CloseLag is how long the socket stays open behind a terminal stanza (515, conflict,
	// failure), in ms. Defaults to 700; with 0 some clients never see the stanza.
	CloseLag int `json:"closeLag"`
	// QRFirst and QRNext are how long the first and each further code can be scanned, in ms.
	// Default to 60000 and 20000.
	QRFirst int `json:"qrFirst"`
	QRNext  int `json:"qrNext"`
	// QRGrace is how long a code works after its time, in ms. Defaults to 20000.
	QRGrace int `json:"qrGrace"`
	// QRCodes is how many codes one connection gets before it is closed. Defaults to 6.
	QRCodes int `json:"qrCodes"`
	// MaxDevices is how many devices a phone can link. Defaults to 4.
	MaxDevices int `json:"maxDevices"`
	// Hosted makes device identities of the hosted business kind. Defaults to false.
	Hosted bool `json:"hosted"`
	// RedeliverAfter repeats an unconfirmed stanza on the same connection after so many ms.
	// Defaults to 0: redelivery happens on a new connection only.
	RedeliverAfter int `json:"redeliverAfter"`
	// ListOwnDevice lists the asking device among its own account's devices, as reported of
	// the real service. Defaults to true.
	ListOwnDevice bool `json:"listOwnDevice"`
	// RepeatReceipt makes a phone confirm every copy of a message, not only the first. Defaults to true.
	RepeatReceipt bool `json:"repeatReceipt"`
	// DropKnownIDs makes phones show a message id once, whatever its ciphertext. Defaults to true.
	DropKnownIDs bool `json:"dropKnownIds"`
	// InactiveCounts lets a delivery receipt of type "inactive" count as delivered. Defaults to true.
	InactiveCounts bool `json:"inactiveCounts"`
	// AutoRead makes phones read what arrives at once. Defaults to false.
	AutoRead bool `json:"autoRead"`
	// LIDMigrated sends a newly linked device an empty history saying that the account's chats
	// moved to LIDs. Defaults to false.
	LIDMigrated bool `json:"lidMigrated"`
	// History sends a newly linked device its account's chats: "inline", as a "blob" to
	// download, or "" for none. Defaults to none.
	History string `json:"history"`
	// ShareKeys sends a newly linked device the key of the account's app state. Defaults to false.
	ShareKeys bool `json:"shareKeys"`
	// StateSnapshots answers a device that begins with the app state with one file of all of it,
	// otherwise with every patch since its beginning. Defaults to true.
	StateSnapshots bool `json:"stateSnapshots"`
	// Passkey asks for the owner's passkey behind every scan of a QR code. Defaults to false.
	Passkey bool `json:"passkey"`
	// IssueTokens lets phones give a token to whom they write for the first time. Defaults to false.
	IssueTokens bool `json:"issueTokens"`
	// RequireToken refuses (463) what a device sends to an account without its valid token.
	// Defaults to false.
	RequireToken bool `json:"requireToken"`
	// TokenLasts is how long a token is valid, in ms. Defaults to 28 days.
	TokenLasts int `json:"tokenLasts"`
	// TellPhash adds to an acknowledgement the hash of the devices a message should have gone
	// to, when it missed one. Defaults to true.
	TellPhash bool `json:"tellPhash"`
	// RelayMalformed passes ciphertexts of unknown types and without content on to their
	// receivers; otherwise the message is refused with 479. Defaults to true.
	RelayMalformed bool `json:"relayMalformed"`
	// StallAfter is how many messages a device can leave unconfirmed before it gets no more.
	// Defaults to 0: without limit.
	StallAfter int `json:"stallAfter"`
	// LowPreKeys is the number of one-time keys left at which the device is told. Defaults to 4.
	LowPreKeys int `json:"lowPreKeys"`
	// IdleTimeout closes a connection that was silent for so many ms. Defaults to 180000.
	IdleTimeout int `json:"idleTimeout"`
	// MediaHost is the host name clients are told for media; they reach it through the same
	// redirection as the chat socket. Defaults to mmg.whatsapp.net.
	MediaHost string `json:"mediaHost"`
}

// DefaultBehaviour is the sandbox as the evidence describes the real service.
func DefaultBehaviour() Behaviour {
	return Behaviour{
		CloseLag: 700, QRFirst: 60_000, QRNext: 20_000, QRGrace: 20_000, QRCodes: 6, MaxDevices: 4,
		ListOwnDevice: true, RepeatReceipt: true, DropKnownIDs: true, InactiveCounts: true,
		TokenLasts: 28 * 24 * 3_600_000, TellPhash: true, StateSnapshots: true, RelayMalformed: true, LowPreKeys: 4, IdleTimeout: 180_000, MediaHost: "mmg.whatsapp.net",
	}
}
