package projections

import (
	"time"

	"switchboard.example/domain"
)

// connectionColumns keep a folded connection in a row, so that the fold is the domain's own.
type connectionColumns struct {
	Status             domain.ConnectionStatus `json:"whatsapp_connection_status"`
	Reason             domain.Reason           `json:"reason"`
	Desired            bool                    `json:"desired"`
	Linked             bool                    `json:"linked"`
	Method             domain.LinkMethod       `json:"method"`
	Phone              string                  `json:"phone"`
	Device             string                  `json:"device"`
	Attempt            int                     `json:"attempt"`
	NextAttemptAt      *time.Time              `json:"next_attempt_at"`
	CodeAttempt        int                     `json:"code_attempt"`
	CodeOf             int                     `json:"code_of"`
	CodeExpiresAt      *time.Time              `json:"code_expires_at"`
	LastConnectedAt    *time.Time              `json:"last_connected_at"`
	LastDisconnectedAt *time.Time              `json:"last_disconnected_at"`
	RestrictedUntil    *time.Time              `json:"restricted_until"`
}

// neverLinked is the connection of a workspace that has just signed up.
func neverLinked() connectionColumns {
	return connectionColumns{Status: domain.Disconnected, Reason: domain.ReasonNeverLinked}
}

// after returns the columns after an event.
func (c connectionColumns) after(e domain.ConnectionEvent) connectionColumns {
	now := c.connection().Evolve(e)
	return connectionColumns{
		Status: now.Status, Reason: now.Reason, Desired: now.Desired, Linked: now.Linked, Method: now.Method,
		Phone: now.Phone, Device: now.Device, Attempt: now.Attempt, NextAttemptAt: stored(now.NextAt),
		CodeAttempt: now.CodeAttempt, CodeOf: now.CodeOf, CodeExpiresAt: stored(now.CodeExpiresAt),
		LastConnectedAt: stored(now.LastConnectedAt), LastDisconnectedAt: stored(now.LastDisconnectedAt),
		RestrictedUntil: stored(now.RestrictedUntil),
	}
}

func (c connectionColumns) connection() domain.Connection {
	return domain.Connection{
		Status: c.Status, Reason: c.Reason, Desired: c.Desired, Linked: c.Linked, Method: c.Method,
		Phone: c.Phone, Device: c.Device, Attempt: c.Attempt, NextAt: moment(c.NextAttemptAt),
		CodeAttempt: c.CodeAttempt, CodeOf: c.CodeOf, CodeExpiresAt: moment(c.CodeExpiresAt),
		LastConnectedAt: moment(c.LastConnectedAt), LastDisconnectedAt: moment(c.LastDisconnectedAt),
		RestrictedUntil: moment(c.RestrictedUntil),
	}
}

// connectionTypes are the stored names of everything that can happen to a connection.
func connectionTypes() []string {
	return typesOf(
		domain.ConnectionRequested{}, domain.ConnectionQRIssued{}, domain.ConnectionPairingCodeIssued{},
		domain.ConnectionCodeExpired{}, domain.ConnectionCodeRefused{}, domain.ConnectionPaired{}, domain.ConnectionConnected{},
		domain.ConnectionDisconnected{}, domain.ConnectionReconnecting{}, domain.ConnectionCatchingUp{}, domain.ConnectionCaughtUp{},
		domain.ConnectionRestricted{}, domain.ConnectionRestrictionEnded{}, domain.ConnectionUnlinked{}, domain.ConnectionFailed{},
		domain.ConnectionDegraded{}, domain.ConnectionSteadied{}, domain.ConnectionCrashed{}, domain.ConnectionReleased{},
	)
}
