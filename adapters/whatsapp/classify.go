package whatsapp

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// ending is what becomes of a session whose connection ended.
type ending int

const (
	endRetry  ending = iota // connect again
	endPark                 // stay away until somebody asks; the link is kept
	endUnlink               // the phone no longer knows the device
	endFail                 // give up; the link is kept
)

// String is what the session is afterwards, in metrics.
func (e ending) String() string {
	switch e {
	case endPark:
		return "parked"
	case endUnlink:
		return "unlinked"
	case endFail:
		return "failed"
	case endRetry:
	}
	return "reconnecting"
}

// verdict is why a connection ended and what follows.
type verdict struct {
	reason domain.Reason
	end    ending
	code   string // WhatsApp's own, if it gave one
	signal string // the library's name for it; empty when we judged by ourselves
	how    domain.Evidence

	first   time.Duration               // bounds the governor's first wait, where that is not the usual one
	wait    time.Duration               // at least so long before connecting again; 0 leaves it to the governor
	spread  time.Duration               // and up to so much more
	waits   func(try int) time.Duration // the wait, where it differs from try to try
	most    int                         // may happen so often within window; once more is final
	window  time.Duration
	finally ending // what becomes of the session then

	restrict *restriction // WhatsApp limits the number
	served   bool         // messages were flowing before
	renewal  func()       // the client is to be renewed, in the turn to connect that this gives back
}

// judged says that WhatsApp answered, and refused this one session: it is not out of reach.
func (v verdict) judged() bool { return v.end != endRetry || v.wait > 0 || v.waits != nil }

// from is what the session was before, in metrics.
func (v verdict) from() string {
	if v.served {
		return "online"
	}
	return "reconnecting"
}

// restriction is a limit WhatsApp put on a number.
type restriction struct {
	code int
	last time.Duration // 0: for good
}

// unknownLimit is how long a limit counts for when WhatsApp names no end.
const unknownLimit = 24 * time.Hour

// serverBusy is the stream error 503. The library only logs it and waits for the socket to close.
type serverBusy struct{}

// busyFirst bounds the first wait after WhatsApp said that it is busy.
const busyFirst = 5 * time.Second

// classify says what an event of the library means for its connection; false when it does not end it.
func classify(event any, t Timing) (verdict, bool) {
	v, final := judgeSignal(event, t)
	v.signal = signalOf(event)
	return v, final
}

// signalOf is the library's name for an event.
func signalOf(event any) string {
	if event == (serverBusy{}) {
		return "StreamError"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", event), "*events.")
}

func judgeSignal(event any, t Timing) (verdict, bool) {
	switch e := event.(type) {
	case *events.Disconnected:
		return verdict{reason: domain.ReasonDropped}, true
	case serverBusy:
		return verdict{reason: domain.ReasonServerBusy, code: "503", first: busyFirst}, true
	case *events.StreamReplaced:
		return verdict{
			reason: domain.ReasonReplaced, code: "replaced", wait: t.ReplacedWait, spread: t.ReplacedWait,
			most: 1, window: 10 * time.Minute, finally: endPark,
		}, true
	case *events.LoggedOut:
		return classifyLogout(e), true
	case *events.TemporaryBan:
		limit := &restriction{code: int(e.Code), last: e.Expire}
		if limit.last <= 0 {
			limit.last = unknownLimit
		}
		return verdict{
			reason: domain.ReasonBanned, code: "402", restrict: limit, wait: limit.last + t.BanMargin, spread: 2 * t.BanMargin,
		}, true
	case *events.ClientOutdated:
		return verdict{reason: domain.ReasonOutdated, code: "405", wait: t.OutdatedWait, spread: t.OutdatedWait / 5}, true
	case *events.ConnectFailure:
		return classifyFailure(e), true
	case *events.StreamError:
		return verdict{
			reason: domain.ReasonFailed, code: "stream_" + e.Code, wait: t.StreamErrorWait, spread: 4 * t.StreamErrorWait,
			most: 4, window: 10 * time.Minute, finally: endFail,
		}, true
	case *events.CATRefreshError:
		return verdict{reason: domain.ReasonFailed, end: endFail, code: "cat"}, true
	}
	return verdict{}, false
}

// classifyLogout tells a device removed on the phone from a number that is blocked.
func classifyLogout(e *events.LoggedOut) verdict {
	v := verdict{reason: domain.ReasonUnlinkedOnPhone, end: endUnlink, code: strconv.Itoa(int(e.Reason))}
	switch {
	case !e.OnConnect:
	case e.Reason == events.ConnectFailureMainDeviceGone:
		v.reason = domain.ReasonPhoneGone
	case e.Reason == events.ConnectFailureUnknownLogout:
		v.reason, v.restrict = domain.ReasonBlocked, &restriction{code: int(e.Reason)}
	}
	return v
}

func classifyFailure(e *events.ConnectFailure) verdict {
	return verdict{
		reason: domain.ReasonFailed, code: strconv.Itoa(int(e.Reason)), waits: patience,
		most: 3, window: 24 * time.Hour, finally: endFail,
	}
}

// patience is 1, 10 and 60 minutes.
func patience(try int) time.Duration {
	switch try {
	case 1:
		return time.Minute
	case 2:
		return 10 * time.Minute
	}
	return time.Hour
}
