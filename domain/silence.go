package domain

import (
	"slices"
	"time"
	"unicode/utf8"
)

// What looks like two programs answering each other.
const (
	loopQuick   = 2 * time.Second // a message this soon after our reply was hardly typed
	loopLetters = 20              // a message this long
	loopSpeed   = 8               // and this fast, in letters per second since our reply, was not either
	loopHeard   = 6
	MuteForLoop = 6 * time.Hour
	MuteForRude = time.Hour
)

// Limits of one chat and of commands.
const (
	ChatPerMinute     = 6
	ChatPerDay        = 40
	maxCommands       = 20
	CommandsPerMinute = maxCommands
)

// QuietUntil is when the silence ends that a person from the business caused by writing here. Only their messages move it.
func (c Conversation) QuietUntil(w Workspace) time.Time {
	quiet := time.Time{}
	if c.LastOwnerAt.After(c.ResumedAt) {
		quiet = c.LastOwnerAt.Add(w.Settings.Quiet())
	}
	return later(quiet, c.TakenUntil)
}

// SoftReturn says whether a person from the business wrote here so recently that the bot answers only what it is sure of.
func (c Conversation) SoftReturn(now time.Time) bool {
	return !c.LastOwnerAt.IsZero() && now.Before(c.LastOwnerAt.Add(SoftReturnFor))
}

// Silence is why the bot does not speak in this chat at the given time; empty when it may.
func (c Conversation) Silence(w Workspace, now time.Time) Reason {
	return first(c.silences(w, now))
}

// silences are all the reasons that hold.
func (c Conversation) silences(w Workspace, now time.Time) []Reason {
	var why []Reason
	if c.OptedOut {
		why = append(why, ReasonOptedOut)
	}
	if now.Before(c.QuietUntil(w)) {
		why = append(why, ReasonOwnerActive)
	}
	if !c.HandedOffAt.IsZero() && now.Before(w.Schedule().AfterOpen(c.HandedOffAt, HandOffFor)) {
		why = append(why, ReasonHuman)
	}
	if now.Before(c.MutedUntil) {
		why = append(why, Reason(firstOf(string(c.MutedFor), string(ReasonLoop))))
	}
	return why
}

func first(reasons []Reason) Reason {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0]
}

// Gate is the last check before a reply leaves: why it must not be sent any more, or empty to send it.
func (c Conversation) Gate(r PendingReply, w Workspace, now time.Time) Reason {
	if now.After(r.Deadline) {
		return ReasonTooLate
	}
	if r.Author != AuthorBot || r.Command {
		return "" // a person's own words, and answers to the owner, go out whatever the plan or the pause
	}
	if silence := w.Silence(now); silence != "" {
		return silence
	}
	why := slices.DeleteFunc(c.silences(w, now), func(r2 Reason) bool { return r2 == r.Despite })
	switch {
	case len(why) > 0:
		return why[0]
	case r.OwnerSpoke:
		return ReasonOwnerActive
	case c.SoftReturn(now) && r.Decision != "" && r.Decision != DecideAnswer:
		return ReasonSoftReturn
	}
	return r.Withdrawn
}

// hardlyTyped says whether a message came faster than people read and type. Only the first after a reply counts; what follows
// it is a burst.
func (c Conversation) hardlyTyped(e MessageReceived) bool {
	if len(c.Sends) == 0 {
		return false
	}
	reply := c.Sends[len(c.Sends)-1]
	since, letters := e.ReceivedAt.Sub(reply), utf8.RuneCountInString(e.Text)
	if since < 0 || len(c.Heard) > 0 && !c.Heard[len(c.Heard)-1].At.Before(reply) {
		return false
	}
	return since <= loopQuick || letters >= loopLetters && float64(letters) > loopSpeed*since.Seconds()
}

// Looping says whether this looks like two programs answering each other: six replies in a minute or fifteen in ten, three
// messages that came faster than people type, or the same words three times, each within a minute.
func (c Conversation) Looping(now time.Time) bool {
	quick, same := 0, map[string]int{}
	most := 0
	for _, h := range c.Heard {
		if now.Sub(h.At) > time.Minute {
			continue
		}
		if h.Quick {
			quick++
		}
		if h.Text != "" {
			same[h.Text]++
			most = max(most, same[h.Text])
		}
	}
	return quick >= 3 || most >= 3 || c.sentSince(now.Add(-time.Minute)) >= 6 || c.sentSince(now.Add(-10*time.Minute)) >= 15
}

// OverLimit says whether the bot has sent all it may in this chat for now.
func (c Conversation) OverLimit(now time.Time) bool {
	return c.sentSince(now.Add(-time.Minute)) >= ChatPerMinute || c.sentSince(now.Add(-24*time.Hour)) >= ChatPerDay
}

// OverHalf says whether the bot has sent half of that, which is all for a number that was linked just now.
func (c Conversation) OverHalf(now time.Time) bool {
	return c.sentSince(now.Add(-time.Minute)) >= ChatPerMinute/2 || c.sentSince(now.Add(-24*time.Hour)) >= ChatPerDay/2
}

// TooManyCommands says whether the chat has used up its commands for this minute.
func (c Conversation) TooManyCommands(now time.Time) bool {
	return len(c.Commands) >= CommandsPerMinute && now.Sub(c.Commands[len(c.Commands)-CommandsPerMinute]) < time.Minute
}

func (c Conversation) sentSince(since time.Time) int {
	n := 0
	for _, at := range c.Sends {
		if at.After(since) {
			n++
		}
	}
	return n
}
