package domain

import "time"

// ConnectionStatus is what people see of a connection. The finer word is its Reason.
type ConnectionStatus string

// The four statuses.
const (
	Disconnected ConnectionStatus = "disconnected"
	Connecting   ConnectionStatus = "connecting"
	Connected    ConnectionStatus = "connected"
	Reconnecting ConnectionStatus = "reconnecting"
)

// LinkMethod is how a number is linked.
type LinkMethod string

// The ways to link.
const (
	LinkByQR   LinkMethod = "qr"
	LinkByCode LinkMethod = "code"
)

// ConnectionEvent is a fact about a workspace's link to WhatsApp.
//
//sumtype:decl
type ConnectionEvent interface {
	Event
	connectionEvent()
}

// ConnectionRequested records the wish to be connected: by linking, or by reopening an existing link.
type ConnectionRequested struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Method      LinkMethod  `json:"method,omitempty"` // empty when the number is linked already
	Phone       string      `json:"phone,omitempty"`  // the business's own number, for a pairing code: digits only
}

// ConnectionQRIssued records that a QR code is shown. The code itself stays out of the log.
type ConnectionQRIssued struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Attempt     int         `json:"attempt"` // this code's number, from 1
	Of          int         `json:"of"`      // how many there will be
	ExpiresAt   time.Time   `json:"expires_at"`
	Evidence
}

// ConnectionPairingCodeIssued records that a pairing code is shown. The code itself stays out of the log.
type ConnectionPairingCodeIssued struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	ExpiresAt   time.Time   `json:"expires_at"`
	Evidence
}

// ConnectionCodeExpired records that the last code ran out unused.
type ConnectionCodeExpired struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Evidence
}

// ConnectionCodeRefused records that the phone read a code and could not use it. The code still works, or another one follows.
type ConnectionCodeRefused struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      Reason      `json:"reason"`
	Evidence
}

// ConnectionPaired records that the phone accepted us as a linked device. It follows a scan or a typed code. When the device has
// been removed, ConnectionUnlinked says why, and these two are all that is left of it.
type ConnectionPaired struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Device      string      `json:"device"`   // WhatsApp's address of our device
	Phone       string      `json:"phone"`    // the business's own number, digits only
	Platform    string      `json:"platform"` // what the phone runs, in WhatsApp's word
	PairedAt    time.Time   `json:"paired_at"`
	LID         string      `json:"lid,omitempty"` // the device's other address, which does not name the number
	Evidence
}

// ConnectionConnected records that WhatsApp accepted the workspace's device and is delivering.
// It follows ConnectionPaired, or ConnectionReconnecting after a drop.
type ConnectionConnected struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Attempt     int         `json:"attempt"` // 1 is the first try
	ConnectedAt time.Time   `json:"connected_at"`
	Evidence
}

// ConnectionDisconnected records that the connection is closed and, unless WillRetry, stays so.
type ConnectionDisconnected struct {
	WorkspaceID    WorkspaceID `json:"workspace_id"`
	Reason         Reason      `json:"reason"`
	WillRetry      bool        `json:"will_retry"`
	DisconnectedAt time.Time   `json:"disconnected_at"`
	Evidence
}

// ConnectionReleased records that the process which held the connection let go of it: it ends, or another one takes over. The
// connection stays wanted, and whoever has the workspace next connects it. A process that is killed records nothing.
type ConnectionReleased struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	ReleasedAt  time.Time   `json:"released_at"`
	Evidence
}

// ConnectionReconnecting records that we are trying again, or are about to.
type ConnectionReconnecting struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Attempt     int         `json:"attempt"`
	NextAt      time.Time   `json:"next_at"`
	Reason      Reason      `json:"reason"`
	Evidence
}

// ConnectionCatchingUp records that WhatsApp began to hand over what came in while we were away. ConnectionCaughtUp follows, or
// the end of the connection.
type ConnectionCatchingUp struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Announced   int         `json:"announced"` // how many messages there are, as WhatsApp says
	BeganAt     time.Time   `json:"began_at"`
	Evidence
}

// ConnectionCaughtUp records that WhatsApp handed over what came in while we were away.
type ConnectionCaughtUp struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Announced   int         `json:"announced"`
	Received    int         `json:"received"`
	Evidence
}

// ConnectionRestricted records that WhatsApp limits the number.
type ConnectionRestricted struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Until       time.Time   `json:"until"` // zero: for good, as far as is known; a day where WhatsApp named no end
	Code        int         `json:"code"`
	Evidence
}

// ConnectionRestrictionEnded records that the time WhatsApp had limited the number for is over.
type ConnectionRestrictionEnded struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Code        int         `json:"code"`
	EndedAt     time.Time   `json:"ended_at"`
	Evidence
}

// ConnectionNewChatsAllowed records how many chats the number may begin in a day from now on. It precedes the first
// ConnectionChatBegun under that limit.
type ConnectionNewChatsAllowed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Day         int         `json:"day"` // since the number was first linked, from 1
	Limit       int         `json:"limit"`
	Since       time.Time   `json:"since"` // when that day began
}

// ConnectionChatBegun records that somebody from the business wrote to a customer who had not written for a day. The second
// such message of a day begins nothing.
type ConnectionChatBegun struct {
	About
	Day     int       `json:"day"`
	Count   int       `json:"count"` // of the day so far, with this one
	Limit   int       `json:"limit"`
	BegunAt time.Time `json:"begun_at"`
}

// ConnectionSendRefused records that a message of somebody from the business was refused, so that the number is not limited by
// WhatsApp. It is recorded once until the end named.
type ConnectionSendRefused struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      Reason      `json:"reason"`
	Limit       int         `json:"limit,omitempty"` // how many were allowed; 0 where it is not a matter of how many
	Until       time.Time   `json:"until"`
	RefusedAt   time.Time   `json:"refused_at"`
}

// ConnectionDegraded records that a connected number needs watching: WhatsApp left a ping unanswered, or the number's phone
// has not been seen for long. ConnectionSteadied follows, or the end of the connection.
type ConnectionDegraded struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      Reason      `json:"reason"`
	Since       time.Time   `json:"since"` // when the phone was last seen, or the ping went unanswered
	Evidence
}

// ConnectionSteadied records that what ConnectionDegraded told of is over, while the number stayed connected.
type ConnectionSteadied struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      Reason      `json:"reason"` // what is over
	SteadiedAt  time.Time   `json:"steadied_at"`
	Evidence
}

// ConnectionUnlinked records that the link is gone; linking again needs the phone.
type ConnectionUnlinked struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      Reason      `json:"reason"`
	UnlinkedAt  time.Time   `json:"unlinked_at"`
	Evidence
}

// ConnectionFailed records that connecting was given up.
type ConnectionFailed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      Reason      `json:"reason"`
	Code        string      `json:"code"`
	FailedAt    time.Time   `json:"failed_at"`
	Evidence
}

// The stored names of connection events.
func (ConnectionRequested) EventType() string         { return "connection.requested" }
func (ConnectionQRIssued) EventType() string          { return "connection.qr_issued" }
func (ConnectionPairingCodeIssued) EventType() string { return "connection.pairing_code_issued" }
func (ConnectionCodeExpired) EventType() string       { return "connection.code_expired" }
func (ConnectionCodeRefused) EventType() string       { return "connection.code_refused" }
func (ConnectionPaired) EventType() string            { return "connection.paired" }
func (ConnectionConnected) EventType() string         { return "connection.connected" }
func (ConnectionDisconnected) EventType() string      { return "connection.disconnected" }
func (ConnectionReleased) EventType() string          { return "connection.released" }
func (ConnectionReconnecting) EventType() string      { return "connection.reconnecting" }
func (ConnectionCatchingUp) EventType() string        { return "connection.catching_up" }
func (ConnectionCaughtUp) EventType() string          { return "connection.caught_up" }
func (ConnectionNewChatsAllowed) EventType() string   { return "connection.new_chats_allowed" }
func (ConnectionChatBegun) EventType() string         { return "connection.chat_begun" }
func (ConnectionSendRefused) EventType() string       { return "connection.send_refused" }
func (ConnectionRestricted) EventType() string        { return "connection.restricted" }
func (ConnectionRestrictionEnded) EventType() string  { return "connection.restriction_ended" }
func (ConnectionDegraded) EventType() string          { return "connection.degraded" }
func (ConnectionSteadied) EventType() string          { return "connection.steadied" }
func (ConnectionUnlinked) EventType() string          { return "connection.unlinked" }
func (ConnectionFailed) EventType() string            { return "connection.failed" }

func (ConnectionRequested) connectionEvent()         {}
func (ConnectionQRIssued) connectionEvent()          {}
func (ConnectionPairingCodeIssued) connectionEvent() {}
func (ConnectionCodeExpired) connectionEvent()       {}
func (ConnectionCodeRefused) connectionEvent()       {}
func (ConnectionPaired) connectionEvent()            {}
func (ConnectionConnected) connectionEvent()         {}
func (ConnectionDisconnected) connectionEvent()      {}
func (ConnectionReleased) connectionEvent()          {}
func (ConnectionReconnecting) connectionEvent()      {}
func (ConnectionCatchingUp) connectionEvent()        {}
func (ConnectionCaughtUp) connectionEvent()          {}
func (ConnectionNewChatsAllowed) connectionEvent()   {}
func (ConnectionChatBegun) connectionEvent()         {}
func (ConnectionSendRefused) connectionEvent()       {}
func (ConnectionRestricted) connectionEvent()        {}
func (ConnectionRestrictionEnded) connectionEvent()  {}
func (ConnectionDegraded) connectionEvent()          {}
func (ConnectionSteadied) connectionEvent()          {}
func (ConnectionUnlinked) connectionEvent()          {}
func (ConnectionFailed) connectionEvent()            {}

var (
	_ = register[ConnectionRequested]()
	_ = register[ConnectionQRIssued]()
	_ = register[ConnectionPairingCodeIssued]()
	_ = register[ConnectionCodeExpired]()
	_ = register[ConnectionCodeRefused]()
	_ = register[ConnectionPaired]()
	_ = register[ConnectionConnected]()
	_ = register[ConnectionDisconnected]()
	_ = register[ConnectionReleased]()
	_ = register[ConnectionReconnecting]()
	_ = register[ConnectionCatchingUp]()
	_ = register[ConnectionCaughtUp]()
	_ = register[ConnectionNewChatsAllowed]()
	_ = register[ConnectionChatBegun]()
	_ = register[ConnectionSendRefused]()
	_ = register[ConnectionRestricted]()
	_ = register[ConnectionRestrictionEnded]()
	_ = register[ConnectionDegraded]()
	_ = register[ConnectionSteadied]()
	_ = register[ConnectionUnlinked]()
	_ = register[ConnectionFailed]()
)

// Connection is one workspace's link to WhatsApp, folded from its events. The zero value has never connected.
type Connection struct {
	Status  ConnectionStatus // empty counts as Disconnected
	Reason  Reason
	Desired bool // somebody wants it connected; restarts resume what is desired
	Linked  bool // the phone knows our device
	Method  LinkMethod
	Phone   string
	Device  string

	ConnSeq            int64 // the newest connection that anything was recorded of
	Attempt            int
	NextAt             time.Time // when the next try is, while reconnecting
	CodeAttempt        int
	CodeOf             int
	CodeExpiresAt      time.Time
	PairedAt           time.Time
	LastConnectedAt    time.Time
	LastDisconnectedAt time.Time
	RestrictedUntil    time.Time
	RestrictedBy       int // WhatsApp's code; 0 while it limits nothing
	NewChats           NewChats
	Refused            map[Reason]time.Time    // until when messages of the business are refused for a reason, as recorded
	LastCrashes        [crashesCount]time.Time // of the program, to which this connection led; the newest last
}

// Evolve returns the connection after e. Facts cannot be refused, so it cannot fail.
func (c Connection) Evolve(e ConnectionEvent) Connection {
	c.ConnSeq = max(c.ConnSeq, EvidenceOf(e).ConnSeq)
	switch e := e.(type) {
	case ConnectionRequested:
		return c.evolveRequested(e)
	case ConnectionQRIssued:
		c = c.showsCode()
		c.CodeAttempt, c.CodeOf, c.CodeExpiresAt = e.Attempt, e.Of, e.ExpiresAt
	case ConnectionPairingCodeIssued:
		c = c.showsCode()
		c.CodeExpiresAt = e.ExpiresAt
	case ConnectionCodeExpired:
		if c.Status, c.Desired = Disconnected, false; c.Reason != ReasonPasskey { // which another code would not change
			c.Reason = ReasonCodeExpired
		}
	case ConnectionCodeRefused:
		c.Reason = e.Reason
	case ConnectionPaired:
		if c.Linked = true; c.Desired { // else the owner cancelled while the phone consented
			c.Status, c.Reason = Connecting, ReasonLinking
		}
		c.Phone, c.Device, c.PairedAt = e.Phone, e.Device, e.PairedAt
		c.NewChats = c.NewChats.linked(e.Phone, e.PairedAt)
	case ConnectionConnected:
		c.Status, c.Reason, c.Attempt = Connected, ReasonOnline, e.Attempt
		c.LastConnectedAt, c.NextAt = e.ConnectedAt, time.Time{}
	case ConnectionDisconnected:
		return c.evolveDisconnected(e)
	case ConnectionReleased:
		c.Status, c.Reason = Reconnecting, ReasonRestarted
		c.Attempt, c.LastDisconnectedAt, c.NextAt = 0, e.ReleasedAt, time.Time{}
	case ConnectionReconnecting:
		c.Status, c.Reason = e.Reason.whileRetrying(), e.Reason
		c.Attempt, c.NextAt = e.Attempt, e.NextAt
	case ConnectionCatchingUp:
		if c.Reason == ReasonOnline { // what needs watching needs it still
			c.Reason = ReasonCatchingUp
		}
	case ConnectionCaughtUp:
		if c.Reason == ReasonCatchingUp {
			c.Reason = ReasonOnline
		}
	case ConnectionCrashed:
		return c.evolveCrashed(e)
	case ConnectionRestricted:
		c.RestrictedUntil, c.RestrictedBy = e.Until, e.Code
		return c.restricted(e.Code, e.Until)
	case ConnectionNewChatsAllowed:
		c.NewChats.Limit = e.Limit
	case ConnectionChatBegun:
		c.NewChats = c.NewChats.begin(e)
	case ConnectionSendRefused:
		return c.refused(e)
	case ConnectionRestrictionEnded:
		if c.RestrictedBy == e.Code {
			c.RestrictedUntil, c.RestrictedBy = time.Time{}, 0
		}
		return c.restricted(e.Code, time.Time{})
	case ConnectionDegraded:
		c.Reason = e.Reason
	case ConnectionSteadied:
		c.Reason = ReasonOnline
	case ConnectionUnlinked:
		c.Status, c.Reason, c.Desired, c.Linked = Disconnected, e.Reason, false, false
		c.LastDisconnectedAt, c.NextAt = e.UnlinkedAt, time.Time{}
	case ConnectionFailed:
		c.Status, c.Reason, c.Desired = Disconnected, e.Reason, false
		c.LastDisconnectedAt, c.NextAt = e.FailedAt, time.Time{}
	}
	return c
}

// showsCode goes on telling what the phone has to do first: that takes longer than a code lasts.
func (c Connection) showsCode() Connection {
	if c.Status = Connecting; c.Reason != ReasonPhoneOutdated && c.Reason != ReasonPasskey {
		c.Reason = ReasonCodeShown
	}
	return c
}

func (c Connection) evolveRequested(e ConnectionRequested) Connection {
	c.Status, c.Reason, c.Desired = Connecting, ReasonRequested, true
	c.Method, c.Attempt, c.CodeAttempt = e.Method, 0, 0
	if e.Phone != "" && !c.Linked {
		c.Phone = e.Phone
	}
	return c
}

func (c Connection) evolveDisconnected(e ConnectionDisconnected) Connection {
	c.Status, c.Reason = Disconnected, e.Reason
	if e.WillRetry {
		c.Status = e.Reason.whileRetrying()
	}
	c.Desired = e.WillRetry
	c.LastDisconnectedAt, c.NextAt = e.DisconnectedAt, time.Time{}
	return c
}

// whileRetrying is the status while we wait to connect again. Waiting for hours, for WhatsApp to lift a ban or for us to
// be updated, is no reconnecting.
func (r Reason) whileRetrying() ConnectionStatus {
	if r == ReasonBanned || r == ReasonOutdated {
		return Disconnected
	}
	return Reconnecting
}

// Request decides to connect. Asking twice, or while connected, changes nothing; asking for the other way of linking
// while a code is shown starts over with that way.
func (c Connection) Request(w WorkspaceID, method LinkMethod, phone string) ([]Event, error) {
	if c.Linked {
		if c.Desired {
			return nil, nil
		}
		return []Event{ConnectionRequested{WorkspaceID: w}}, nil
	}
	if method == LinkByCode && !ValidPhone(phone) {
		return nil, InvalidField("phone", "phone.invalid", "Type your WhatsApp number with its country code, like +234 803 000 0001.")
	}
	same := c.Method == method && (method == LinkByQR || c.Phone == phone)
	if c.Status == Connecting && same {
		return nil, nil
	}
	if method == LinkByQR {
		phone = ""
	}
	return []Event{ConnectionRequested{WorkspaceID: w, Method: method, Phone: phone}}, nil
}

// Close decides to disconnect, keeping the link unless unlink is set.
func (c Connection) Close(w WorkspaceID, unlink bool, at time.Time) ([]Event, error) {
	switch {
	case c.Linked && unlink:
		return []Event{ConnectionUnlinked{WorkspaceID: w, Reason: ReasonUnlinkedByOwner, UnlinkedAt: at}}, nil
	case c.Linked && c.Desired:
		return []Event{ConnectionDisconnected{WorkspaceID: w, Reason: ReasonClosedByOwner, DisconnectedAt: at}}, nil
	case !c.Linked && c.Status == Connecting:
		return []Event{ConnectionDisconnected{WorkspaceID: w, Reason: ReasonCancelled, DisconnectedAt: at}}, nil
	}
	return nil, nil
}

// Observe decides whether something the session pool saw is news. What contradicts a later wish (a code issued after the
// owner cancelled, a reconnect after an unlink) is dropped; what is known already is not recorded twice.
func (c Connection) Observe(e ConnectionEvent) []Event {
	news := true
	switch e := e.(type) {
	case ConnectionQRIssued, ConnectionPairingCodeIssued, ConnectionCodeExpired:
		news = c.Desired && !c.Linked
	case ConnectionCodeRefused:
		news = c.Desired && !c.Linked && c.Reason != e.Reason
	case ConnectionPaired:
		news = c.Device != e.Device || !c.Linked
	case ConnectionConnected:
		news = c.Desired && c.Linked && c.Status != Connected
	case ConnectionReconnecting:
		news = c.Desired && c.Linked
	case ConnectionReleased: // what was not connected is what it was
		news = c.Desired && c.Linked && c.Status == Connected
	case ConnectionDisconnected:
		if news = c.Desired || c.Status != Disconnected; e.WillRetry {
			news = c.Desired && c.Linked
		}
	case ConnectionDegraded:
		news = c.Status == Connected && c.Reason != e.Reason
	case ConnectionSteadied:
		news = c.Status == Connected && c.Reason == e.Reason
	case ConnectionUnlinked:
		news = c.Linked
	case ConnectionFailed:
		news = c.Desired
	case ConnectionRequested:
		news = false // a wish is not an observation
	case ConnectionRestricted:
		news = c.RestrictedBy != e.Code || !c.RestrictedUntil.Equal(e.Until)
	case ConnectionRestrictionEnded:
		news = e.Code != 0 && (c.RestrictedBy == e.Code || e.Code == NewChatsCode && !c.NewChats.StoppedUntil.IsZero())
	case ConnectionCrashed, ConnectionNewChatsAllowed, ConnectionChatBegun, ConnectionSendRefused: // nobody is there to see it, or it was decided
		news = false
	case ConnectionCatchingUp:
		news = c.Status == Connected && c.Reason != ReasonCatchingUp
	case ConnectionCaughtUp:
	}
	if !news {
		return nil
	}
	return []Event{e}
}

// ValidPhone says whether s is an international number: 7 to 15 digits (E.164), not starting with 0, digits only.
func ValidPhone(s string) bool {
	if len(s) < 7 || len(s) > 15 || s[0] == '0' {
		return false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
