package domain

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// How many chats a number may begin. To write to a customer who was silent for longer than OpenFor is to begin one. WhatsApp
// publishes no figures; these are those that its users pass on, cut off where a business that answers its customers never comes.
const (
	FirstDayChats = 10  // on the day after it was linked, and twice as many on each day that follows
	MostNewChats  = 200 // on any day, from the sixth on
	newChatsDay   = 24 * time.Hour
)

// NewChatsCode is WhatsApp's code for a number that may answer but begin no chats.
const NewChatsCode = 463

// NewChats is what a number began on its current day. A day is 24 hours long, counted from when the number was first linked.
type NewChats struct {
	Number string    // digits only; another number begins anew
	Since  time.Time // when it was first linked
	Day    int       // of Begun, from 1
	Limit  int       // the last that was recorded
	Begun  []CustomerID

	StoppedUntil time.Time // until then WhatsApp lets it begin none
}

// NewChatsOn is how many chats a number may begin on a day, from 1.
func NewChatsOn(day int) int { return min(MostNewChats, FirstDayChats<<min(max(day, 1)-1, 10)) }

// today is the day a moment falls on, and when the next one begins.
func (n NewChats) today(at time.Time) (day int, ends time.Time) {
	since := n.Since
	if since.IsZero() || at.Before(since) {
		since = at.Truncate(newChatsDay)
	}
	day = int(at.Sub(since)/newChatsDay) + 1
	return day, since.Add(time.Duration(day) * newChatsDay)
}

func (n NewChats) on(day int) []CustomerID {
	if n.Day != day {
		return nil
	}
	return n.Begun
}

// linked is the count after a number was linked. Linking the same one again does not begin anew.
func (n NewChats) linked(phone string, at time.Time) NewChats {
	if n.Number == phone && !n.Since.IsZero() {
		return n
	}
	return NewChats{Number: phone, Since: at}
}

func (n NewChats) begin(e ConnectionChatBegun) NewChats {
	n.Day, n.Begun = e.Day, append(slices.Clip(n.on(e.Day)), e.CustomerID)
	return n
}

// StoppedUntil says whether WhatsApp lets the number begin no chats now, and until when.
func (c Connection) StoppedUntil(now time.Time) (until time.Time, stopped bool) {
	return c.NewChats.StoppedUntil, now.Before(c.NewChats.StoppedUntil)
}

// BeginChat decides whether a chat with a customer may begin now. A refusal comes with what is to be recorded of it, which is
// nothing when a refusal for the same reason is still in force. With ramp false only WhatsApp's own limit counts. Times are told
// in zone.
func (c Connection) BeginChat(about About, at time.Time, ramp bool, zone *time.Location) ([]Event, *Error) {
	if until, stopped := c.StoppedUntil(at); stopped {
		return c.RefuseSend(about.WorkspaceID, ReasonNewChatsStopped, 0, until, at), Refuse(TooMany, "reply.new_chats_stopped", fmt.Sprintf(
			"WhatsApp lets your number begin no chats until %s. Customers who wrote within a day can still be answered.", moment(until, zone)))
	}
	day, ends := c.NewChats.today(at)
	begun, limit := c.NewChats.on(day), NewChatsOn(day)
	switch {
	case !ramp, slices.Contains(begun, about.CustomerID):
		return nil, nil
	case len(begun) >= limit:
		return c.RefuseSend(about.WorkspaceID, ReasonNewChatsUsed, limit, ends, at), Refuse(TooMany, "reply.new_chats_used_up", fmt.Sprintf(
			"You have begun %d chats with customers who had not written for a day, which is all for today: WhatsApp limits numbers that begin many. "+
				"It opens again at %s. Customers who wrote within a day can still be answered.", limit, moment(ends, zone)))
	}
	var events []Event
	if limit != c.NewChats.Limit {
		events = append(events, ConnectionNewChatsAllowed{WorkspaceID: about.WorkspaceID, Day: day, Limit: limit, Since: ends.Add(-newChatsDay)})
	}
	return append(events, ConnectionChatBegun{About: about, Day: day, Count: len(begun) + 1, Limit: limit, BegunAt: at}), nil
}

// RefuseSend is what is recorded of a member's message that was refused: once until the limit opens again, however many are.
func (c Connection) RefuseSend(w WorkspaceID, why Reason, limit int, until, at time.Time) []Event {
	if at.Before(c.Refused[why]) {
		return nil
	}
	return []Event{ConnectionSendRefused{WorkspaceID: w, Reason: why, Limit: limit, Until: until, RefusedAt: at}}
}

// restricted keeps WhatsApp's limit on new chats apart: another limit that comes meanwhile does not lift it.
func (c Connection) restricted(code int, until time.Time) Connection {
	if code == NewChatsCode {
		c.NewChats.StoppedUntil = until
	}
	return c
}

func (c Connection) refused(e ConnectionSendRefused) Connection {
	refused := maps.Clone(c.Refused)
	if refused == nil {
		refused = map[Reason]time.Time{}
	}
	refused[e.Reason] = e.Until
	c.Refused = refused
	return c
}

func moment(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("15:04 on 2 January")
}
