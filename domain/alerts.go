package domain

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AlertKind is what the business is told of unasked.
type AlertKind string

// The alerts.
const (
	AlertDisconnected AlertKind = "disconnected" // not connected for more than DisconnectedFor
	AlertBack         AlertKind = "back"         // connected again, after such an alert
	AlertWaiting      AlertKind = "waiting"      // somebody waits for a person for more than Settings.Waiting
	AlertLoop         AlertKind = "loop"         // the bot went quiet in a chat that looks like a program
	AlertLimit        AlertKind = "limit"        // a sending limit was reached
	AlertAppReply     AlertKind = "app_reply"    // the WhatsApp app answers by itself
	AlertPutAside     AlertKind = "put_aside"    // a message could not be stored and is kept until it can
	AlertPlan         AlertKind = "plan"         // the plan ends soon, or has ended
	AlertLive         AlertKind = "live"         // the plan was renewed, customers are answered again
)

// When an alert is due, and how soon the same may be said again.
const (
	DisconnectedFor = 45 * time.Second // so that who is told elsewhere knows within a minute
	WaitingFor      = 15 * time.Minute // unless the business chose otherwise, between these two
	WaitingLeast    = 5 * time.Minute
	WaitingMost     = 12 * time.Hour
	alertAgain      = time.Hour
)

// WorkspaceAlertRaised records that the business is told of something: on the dashboard, in the self-chat, on its members' verified phones, and in browsers that asked for it.
type WorkspaceAlertRaised struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Kind        AlertKind   `json:"kind"`
	Subject     string      `json:"subject,omitempty"` // what it is about, such as "trial 7", or the minutes somebody waited; the same is not said twice in a row
	Count       int         `json:"count,omitempty"`   // people who wait, days that are left, minutes it took
	CustomerID  CustomerID  `json:"customer_id,omitempty"`
	At          time.Time   `json:"at"`
	NextAt      time.Time   `json:"next_at,omitzero"` // when time alone brings the next of its kind
}

// EventType is the stored name.
func (WorkspaceAlertRaised) EventType() string { return "workspace.alert_raised" }
func (WorkspaceAlertRaised) workspaceEvent()   {}

var _ = register[WorkspaceAlertRaised]()

// WorkspaceMemberAlertsChosen records when a member wants to be told of alerts, by phone and in their browsers. It holds for them
// alone.
type WorkspaceMemberAlertsChosen struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	MemberID    MemberID    `json:"member_id"`
	Alerts      string      `json:"alerts"` // "on", "off" or quiet hours such as "22-7"; empty: as the business set it for everybody
}

// EventType is the stored name.
func (WorkspaceMemberAlertsChosen) EventType() string { return "workspace.member_alerts_chosen" }
func (WorkspaceMemberAlertsChosen) workspaceEvent()   {}

var _ = register[WorkspaceMemberAlertsChosen]()

// Raised is the last alert of a kind.
type Raised struct {
	Subject string
	At      time.Time
}

// Raise decides to tell the business of something, unless it was told just now.
func (w Workspace) Raise(a WorkspaceAlertRaised) []Event {
	last, told := w.Raised[a.Kind]
	repeats := a.Kind == AlertLimit || a.Kind == AlertWaiting || a.Kind == AlertPutAside
	if told && last.Subject == a.Subject && (!repeats || a.At.Sub(last.At) < alertAgain) {
		return nil
	}
	a.WorkspaceID = w.ID
	return []Event{a}
}

// RaiseDisconnected decides to tell that the number has not been connected for DisconnectedFor, once per outage. What
// somebody chose is no news.
func (w Workspace) RaiseDisconnected(c Connection, now time.Time) []Event {
	wished := c.Reason == ReasonClosedByOwner || c.Reason == ReasonUnlinkedByOwner || c.Reason == ReasonPlanEnded || c.Reason == ReasonSuspended
	if c.LastConnectedAt.IsZero() || c.Status == Connected || c.Status == Connecting || wished {
		return nil
	}
	return w.Raise(WorkspaceAlertRaised{Kind: AlertDisconnected, Subject: c.LastConnectedAt.UTC().Format(time.RFC3339), At: now})
}

// RaiseBack decides to tell that the number is connected again, where the outage was told.
func (w Workspace) RaiseBack(now time.Time) []Event {
	lost, told := w.Raised[AlertDisconnected]
	if !told || !w.Raised[AlertBack].At.Before(lost.At) {
		return nil
	}
	return w.Raise(WorkspaceAlertRaised{Kind: AlertBack, Subject: lost.Subject, Count: int(now.Sub(lost.At)/time.Minute) + 1, At: now})
}

// RaiseWaiting decides to tell that people wait for a person, while somebody should be there.
func (w Workspace) RaiseWaiting(people int, now time.Time) []Event {
	if !w.Schedule().IsOpen(now) {
		return nil
	}
	return w.Raise(WorkspaceAlertRaised{Kind: AlertWaiting, Subject: strconv.Itoa(int(w.Settings.Waiting() / time.Minute)), Count: people, At: now})
}

// Waited is how many minutes people had waited when the business was told.
func (a WorkspaceAlertRaised) Waited() int {
	if minutes, err := strconv.Atoi(a.Subject); err == nil {
		return minutes
	}
	return int(WaitingFor / time.Minute) // from before it could be chosen
}

// Days before the end of a trial, and after the end of a plan, on which the business is told what happens next.
const (
	warnOnDay   = 12 // of the SocketedAfter days
	day         = 24 * time.Hour
	KeptAfter   = SocketedAfter + 30*day // after its end a plan's link is removed and its keys are destroyed
	daysOfGrace = int(GracePeriod / day)
)

// step is a moment at which time alone asks for an alert.
type step struct {
	at      time.Time
	subject string
	count   int
}

func (p Plan) steps() []step {
	var steps []step
	add := func(at time.Time, subject string, count int) { steps = append(steps, step{at, subject, count}) }
	switch {
	case p.State == Trial && !p.Until.IsZero():
		for _, days := range []int{7, 3, 1} {
			add(p.Until.Add(-time.Duration(days)*day), fmt.Sprintf("trial %d", days), days)
		}
	case p.State == PastDue && !p.Until.IsZero():
		for days := daysOfGrace; days > 0; days-- {
			add(p.Until.Add(-time.Duration(days)*day), fmt.Sprintf("past_due %d", days), days)
		}
	case p.State == Expired && !p.Since.IsZero():
		add(p.Since, "expired", 0)
		add(p.Since.Add(warnOnDay*day), "socket", int((SocketedAfter-warnOnDay*day)/day))
		add(p.Since.Add(KeptAfter-2*day), "unlink", 2)
	}
	return steps
}

// NextStep is when time alone next changes something about the plan, or asks for an alert; zero when never.
func (p Plan) NextStep(now time.Time) time.Time {
	next := p.Until
	if p.State == Expired {
		next = time.Time{}
		if !p.Since.IsZero() {
			next = p.Since.Add(KeptAfter)
		}
	}
	for _, s := range p.steps() {
		if s.at.After(now) && (next.IsZero() || s.at.Before(next)) {
			next = s.at
		}
	}
	return next
}

// raisePlan decides what is told of the plan now: the last step that has come, however late.
func (w Workspace) raisePlan(now time.Time) []Event {
	var due *step
	for _, s := range w.Plan.steps() {
		if !s.at.After(now) {
			due = &s
		}
	}
	if due == nil {
		return nil
	}
	subject := due.subject + " " + w.Plan.end().UTC().Format(time.DateOnly) // a plan that was extended is told of anew
	return w.Raise(WorkspaceAlertRaised{Kind: AlertPlan, Subject: subject, Count: due.count, At: now, NextAt: w.Plan.NextStep(now)})
}

func (p Plan) end() time.Time {
	if p.State == Expired {
		return p.Since
	}
	return p.Until
}

// Gone says whether so much time has passed since the plan ended that its link is to be removed.
func (p Plan) Gone(now time.Time) bool {
	return p.State == Expired && !p.Since.IsZero() && !now.Before(p.Since.Add(KeptAfter))
}

// ChooseAlerts decides when a member is told of alerts. Empty: as the business set it for everybody.
func (w Workspace) ChooseAlerts(m MemberID, alerts string) ([]Event, error) {
	if m == "" {
		return nil, Refuse(NotFound, "member.not_found", "There is no such member.")
	}
	if err := checkAlerts(alerts); alerts != "" && err != nil {
		return nil, err
	}
	if w.Settings.MemberAlerts[m] == alerts {
		return nil, nil
	}
	return []Event{WorkspaceMemberAlertsChosen{WorkspaceID: w.ID, MemberID: m, Alerts: alerts}}, nil
}

// checkAlerts refuses what is neither on, off nor quiet hours.
func checkAlerts(alerts string) error {
	if _, _, ok := quietHours(alerts); !ok && alerts != "on" && alerts != "off" {
		return InvalidField("alerts", "alerts.unknown", "Write on, off, or quiet hours such as 22-7.")
	}
	return nil
}

// AlertsOf is when a member wants to be told of alerts, and whether they chose that themselves.
func (s Settings) AlertsOf(m MemberID) (alerts string, chosen bool) {
	if alerts, chosen = s.MemberAlerts[m]; chosen {
		return alerts, true
	}
	return firstOf(s.Alerts, "on"), false
}

// Tells says whether a member is told of alerts at the given time, by phone and in their browsers. The dashboard shows them
// always.
func (s Settings) Tells(m MemberID, now time.Time, zone *time.Location) bool {
	alerts, _ := s.AlertsOf(m)
	switch alerts {
	case "on":
		return true
	case "off":
		return false
	}
	from, to, ok := quietHours(alerts)
	if !ok {
		return true
	}
	local := now.In(zone)
	minute := local.Hour()*60 + local.Minute()
	if from <= to {
		return minute < from || minute >= to
	}
	return minute < from && minute >= to
}

// PhonesTold are the customers as whom verified phones write whose members want to be told of alerts now.
func (w Workspace) PhonesTold(now time.Time) []CustomerID {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.Phones)), func(c CustomerID) bool {
		return w.RoleOf(c) == "" || !w.Settings.Tells(w.Phones[c], now, w.Zone())
	})
}

// quietHours reads "22-7" or "21:30-7" as minutes after midnight.
func quietHours(s string) (from, to int, ok bool) {
	a, b, ok := strings.Cut(strings.ReplaceAll(s, "–", "-"), "-")
	from, okFrom := minuteOf(a)
	to, okTo := minuteOf(b)
	return from, to, ok && okFrom && okTo && from != to
}

func minuteOf(s string) (int, bool) {
	h, m, colon := strings.Cut(strings.TrimSpace(s), ":")
	hour, err := strconv.Atoi(h)
	minute := 0
	if err == nil && colon {
		minute, err = strconv.Atoi(m)
	}
	if err != nil || hour < 0 || hour > 24 || minute < 0 || minute > 59 || hour == 24 && minute > 0 {
		return 0, false
	}
	return hour*60 + minute, true
}
