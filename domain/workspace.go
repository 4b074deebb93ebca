package domain

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// PlanState is where a workspace stands with what it pays for.
type PlanState string

// The states of a plan.
const (
	Trial   PlanState = "trial"
	Active  PlanState = "active"
	PastDue PlanState = "past_due"
	Expired PlanState = "expired"
)

// Lengths that decide what a plan allows.
const (
	TrialLength   = 14 * 24 * time.Hour // a new workspace's trial
	GracePeriod   = 3 * 24 * time.Hour  // past due and still answered
	SocketedAfter = 14 * 24 * time.Hour // expired and still connected, so that messages are counted
)

// Role is what a member may do in a workspace.
type Role string

// The roles of a workspace, and the platform's own.
const (
	RoleOwner         Role = "owner"
	RoleAdmin         Role = "admin"
	RoleAgent         Role = "agent"
	RoleViewer        Role = "viewer"
	RoleAuditor       Role = "auditor"
	RolePlatformAdmin Role = "platform_admin"
)

// WorkspaceEvent is a fact about a workspace.
//
//sumtype:decl
type WorkspaceEvent interface {
	Event
	workspaceEvent()
}

// WorkspaceRegistered records that a business signed up. Its trial begins.
type WorkspaceRegistered struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Name        string      `json:"name"`
	OwnerID     MemberID    `json:"owner_id"`
	Timezone    string      `json:"timezone"` // IANA name
	Currency    string      `json:"currency"` // ISO 4217
	TrialUntil  time.Time   `json:"trial_until"`
}

// WorkspaceRenamed records a new business name.
type WorkspaceRenamed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Name        string      `json:"name"`
}

// WorkspaceSettingsChanged records changed settings; nil fields stay as they were.
type WorkspaceSettingsChanged struct {
	WorkspaceID    WorkspaceID `json:"workspace_id"`
	Timezone       *string     `json:"timezone,omitempty"`
	NumberUse      *string     `json:"number_use,omitempty"`      // "business" or "mixed"
	OnboardingStep *string     `json:"onboarding_step,omitempty"` // "link", "faqs", "test", "done"
	QuietMinutes   *int        `json:"quiet_minutes,omitempty"`   // 0: until resumed
	Audience       *Audience   `json:"audience,omitempty"`
	Hours          *Hours      `json:"hours,omitempty"`
	AlwaysOpen     bool        `json:"always_open,omitempty"`    // there are no opening hours any more
	Away           *string     `json:"away,omitempty"`           // empty: no away text
	Greeting       *string     `json:"greeting,omitempty"`       // empty: no greeting
	StandardTexts  bool        `json:"standard_texts,omitempty"` // of away and greeting, those not named here are the standard ones again
	HolidayUntil   *time.Time  `json:"holiday_until,omitempty"`
	HolidayText    *string     `json:"holiday_text,omitempty"`
	Alerts         *string     `json:"alerts,omitempty"`
	WaitingMinutes *int        `json:"waiting_minutes,omitempty"`
	Menu           *[]FAQID    `json:"menu,omitempty"` // empty: nothing is pinned
	ReadReceipts   *bool       `json:"read_receipts,omitempty"`
}

// WorkspacePlanChanged records where the workspace stands with its plan from now on.
type WorkspacePlanChanged struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	State       PlanState   `json:"state"`
	Until       time.Time   `json:"until"`               // when the state ends by itself; zero: it does not
	ChangedAt   time.Time   `json:"changed_at,omitzero"` // when it was changed
}

// WorkspaceSuspended records that the platform stopped serving the workspace.
type WorkspaceSuspended struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Reason      string      `json:"reason"`
}

// WorkspaceResumed records that a suspension was lifted.
type WorkspaceResumed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
}

// WorkspaceMemberAdded records that a person may sign in to the workspace.
type WorkspaceMemberAdded struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	MemberID    MemberID    `json:"member_id"`
	Role        Role        `json:"role"`
}

// WorkspaceMemberRemoved records that a person may no longer sign in to the workspace.
type WorkspaceMemberRemoved struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	MemberID    MemberID    `json:"member_id"`
}

// WorkspaceAdminNumberVerified records that a member proved to hold a phone, whose !commands count from now on.
// The number itself is kept outside the log.
type WorkspaceAdminNumberVerified struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	MemberID    MemberID    `json:"member_id"`
	CustomerID  CustomerID  `json:"customer_id,omitempty"` // under whom the phone's messages to the business come in
}

// WorkspaceBotPaused records that the bot answers nobody until it is resumed.
type WorkspaceBotPaused struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Until       time.Time   `json:"until"`              // zero: until resumed by hand
	PausedAt    time.Time   `json:"paused_at,omitzero"` // when it was paused
}

// WorkspaceBotResumed records that the bot answers again, by hand or because the pause ended.
type WorkspaceBotResumed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
}

// WorkspaceQuickReplySeen records words that were typed, or sent by an app, within seconds of a customer's message. The same
// words in two chats give an automatic reply of WhatsApp's own app away.
type WorkspaceQuickReplySeen struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Fingerprint string      `json:"fingerprint"` // of the words; never the words
	CustomerID  CustomerID  `json:"customer_id"`
	MessageID   MessageID   `json:"message_id"`
}

// WorkspaceAppReplyRecognised records that the words are an automatic reply of the owner's WhatsApp app. The owner is advised
// to switch it off.
type WorkspaceAppReplyRecognised struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Fingerprint string      `json:"fingerprint"`
}

// The stored names of workspace events.
func (WorkspaceRegistered) EventType() string          { return "workspace.registered" }
func (WorkspaceRenamed) EventType() string             { return "workspace.renamed" }
func (WorkspaceSettingsChanged) EventType() string     { return "workspace.settings_changed" }
func (WorkspacePlanChanged) EventType() string         { return "workspace.plan_changed" }
func (WorkspaceSuspended) EventType() string           { return "workspace.suspended" }
func (WorkspaceResumed) EventType() string             { return "workspace.resumed" }
func (WorkspaceMemberAdded) EventType() string         { return "workspace.member_added" }
func (WorkspaceMemberRemoved) EventType() string       { return "workspace.member_removed" }
func (WorkspaceAdminNumberVerified) EventType() string { return "workspace.admin_number_verified" }
func (WorkspaceBotPaused) EventType() string           { return "workspace.bot_paused" }
func (WorkspaceBotResumed) EventType() string          { return "workspace.bot_resumed" }
func (WorkspaceQuickReplySeen) EventType() string      { return "workspace.quick_reply_seen" }
func (WorkspaceAppReplyRecognised) EventType() string  { return "workspace.app_reply_recognised" }

func (WorkspaceRegistered) workspaceEvent()          {}
func (WorkspaceRenamed) workspaceEvent()             {}
func (WorkspaceSettingsChanged) workspaceEvent()     {}
func (WorkspacePlanChanged) workspaceEvent()         {}
func (WorkspaceSuspended) workspaceEvent()           {}
func (WorkspaceResumed) workspaceEvent()             {}
func (WorkspaceMemberAdded) workspaceEvent()         {}
func (WorkspaceMemberRemoved) workspaceEvent()       {}
func (WorkspaceAdminNumberVerified) workspaceEvent() {}
func (WorkspaceBotPaused) workspaceEvent()           {}
func (WorkspaceBotResumed) workspaceEvent()          {}
func (WorkspaceQuickReplySeen) workspaceEvent()      {}
func (WorkspaceAppReplyRecognised) workspaceEvent()  {}

var (
	_ = register[WorkspaceRegistered]()
	_ = register[WorkspaceRenamed]()
	_ = register[WorkspaceSettingsChanged]()
	_ = register[WorkspacePlanChanged]()
	_ = register[WorkspaceSuspended]()
	_ = register[WorkspaceResumed]()
	_ = register[WorkspaceMemberAdded]()
	_ = register[WorkspaceMemberRemoved]()
	_ = register[WorkspaceAdminNumberVerified]()
	_ = register[WorkspaceBotPaused]()
	_ = register[WorkspaceBotResumed]()
	_ = register[WorkspaceQuickReplySeen]()
	_ = register[WorkspaceAppReplyRecognised]()
)

// Plan is what a workspace pays for, now.
type Plan struct {
	State PlanState
	Until time.Time // zero: no end
	Since time.Time // when the state began; zero: not known
}

// Serving says whether customers are answered at the given time: in trial, active, or past due within the grace period.
// A state whose end has passed no longer serves, even before the event that says so is written.
func (p Plan) Serving(now time.Time) bool {
	switch p.State {
	case Trial, PastDue:
		return p.Until.IsZero() || now.Before(p.Until)
	case Active: // the grace follows
		return p.Until.IsZero() || now.Before(p.Until.Add(GracePeriod))
	case Expired:
	}
	return false
}

// endedBy says whether the plan had ended when it was changed, also where no event says so yet.
func (p Plan) endedBy(changed time.Time) bool {
	return p.State == Expired || !changed.IsZero() && !p.Serving(changed)
}

// Pause is whether and until when the bot is silent.
type Pause struct {
	On    bool
	Until time.Time // zero: until resumed
	Since time.Time // when it began; zero: not known
}

// Active says whether the pause holds at the given time.
func (p Pause) Active(now time.Time) bool {
	return p.On && (p.Until.IsZero() || now.Before(p.Until))
}

// Workspace is a business using us, folded from its events. The zero value is a workspace that does not exist.
type Workspace struct {
	ID             WorkspaceID
	Name           string
	Timezone       string
	Currency       string
	NumberUse      string
	OnboardingStep string
	Plan           Plan
	RenewedAt      time.Time // when an ended plan was last renewed; what came in before gets no late answer
	Suspended      bool
	Pause          Pause
	Members        map[MemberID]Role
	Phones         map[CustomerID]MemberID // whose verified phones write in as these customers
	Settings       Settings
	QuickReplies   map[string]QuickReply // by fingerprint
	Raised         map[AlertKind]Raised  // the last alert of each kind
	Shift          Shift
}

// RoleOf is what a customer may command: the role of the member whose verified phone they write from, or none.
func (w Workspace) RoleOf(c CustomerID) Role {
	switch role := w.Members[w.Phones[c]]; role {
	case RoleOwner, RoleAdmin, RoleAgent:
		return role
	case RoleViewer, RoleAuditor, RolePlatformAdmin:
	}
	return ""
}

// Evolve returns the workspace after e.
func (w Workspace) Evolve(e WorkspaceEvent) Workspace {
	switch e := e.(type) {
	case WorkspaceRegistered:
		w.ID, w.Name, w.Timezone, w.Currency = e.WorkspaceID, e.Name, e.Timezone, e.Currency
		w.Plan = Plan{State: Trial, Until: e.TrialUntil}
		w.OnboardingStep = "link"
	case WorkspaceRenamed:
		w.Name = e.Name
	case WorkspaceSettingsChanged:
		w = w.withSettings(e)
	case WorkspacePlanChanged:
		if w.Plan.endedBy(e.ChangedAt) && e.State != Expired {
			w.RenewedAt = e.ChangedAt
		}
		w.Plan = Plan{State: e.State, Until: e.Until, Since: e.ChangedAt}
	case WorkspaceSuspended:
		w.Suspended = true
	case WorkspaceResumed:
		w.Suspended = false
	case WorkspaceMemberAdded:
		w.Members = withMember(w.Members, e.MemberID, e.Role)
	case WorkspaceMemberRemoved:
		w.Members = withMember(w.Members, e.MemberID, "")
		w.Settings = w.Settings.withMemberAlerts(e.MemberID, "")
	case WorkspaceAdminNumberVerified:
		w.Phones = with(w.Phones, e.CustomerID, e.MemberID)
	case WorkspaceAdminNumberRemoved:
		w.Phones = without(w.Phones, e.CustomerID)
	case WorkspaceMemberAlertsChosen:
		w.Settings = w.Settings.withMemberAlerts(e.MemberID, e.Alerts)
	case WorkspaceAlertRaised:
		w.Raised = with(w.Raised, e.Kind, Raised{Subject: e.Subject, At: e.At})
	case WorkspaceQuickReplySeen:
		w.QuickReplies = with(w.QuickReplies, e.Fingerprint, w.QuickReplies[e.Fingerprint].evolve(e))
	case WorkspaceAppReplyRecognised:
		seen := w.QuickReplies[e.Fingerprint]
		seen.Automatic = true
		w.QuickReplies = with(w.QuickReplies, e.Fingerprint, seen)
	case WorkspaceBotPaused:
		w.Pause = Pause{On: true, Until: e.Until, Since: e.PausedAt}
	case WorkspaceBotResumed:
		w.Pause = Pause{}
	case WorkspaceShiftFitted, WorkspaceShiftReset:
		w.Shift = w.Shift.evolve(e)
	}
	return w
}

func (w Workspace) withSettings(e WorkspaceSettingsChanged) Workspace {
	if e.Timezone != nil {
		w.Timezone = *e.Timezone
	}
	if e.NumberUse != nil {
		w.NumberUse = *e.NumberUse
	}
	if e.OnboardingStep != nil {
		w.OnboardingStep = *e.OnboardingStep
	}
	w.Settings = w.Settings.evolve(e)
	return w
}

// with returns a copy of a map with one entry set, so that no earlier state changes.
func with[K comparable, V any](old map[K]V, key K, value V) map[K]V {
	changed := make(map[K]V, len(old)+1)
	maps.Copy(changed, old)
	changed[key] = value
	return changed
}

func without[K comparable, V any](old map[K]V, key K) map[K]V {
	changed := maps.Clone(old)
	delete(changed, key)
	return changed
}

func withMember(old map[MemberID]Role, id MemberID, role Role) map[MemberID]Role {
	members := with(old, id, role)
	if role == "" {
		delete(members, id)
	}
	return members
}

// Silence is why the bot does not answer anybody in this workspace at the given time; empty when it does.
func (w Workspace) Silence(now time.Time) Reason {
	switch {
	case w.Suspended:
		return ReasonSuspended
	case !w.Plan.Serving(now):
		return ReasonPlanEnded
	case w.Pause.Active(now):
		return ReasonPaused
	}
	return ""
}

// PauseBot decides to silence the bot until the given time (zero: until resumed).
func (w Workspace) PauseBot(until time.Time) ([]Event, error) {
	return w.PauseBotAt(until, time.Time{})
}

// PauseBotAt is PauseBot by somebody who knows the time, so that what came in since can be counted.
func (w Workspace) PauseBotAt(until, now time.Time) ([]Event, error) {
	if w.Pause.On && w.Pause.Until.Equal(until) {
		return nil, nil
	}
	return []Event{WorkspaceBotPaused{WorkspaceID: w.ID, Until: until, PausedAt: now}}, nil
}

// ResumeBot decides to let the bot answer again.
func (w Workspace) ResumeBot() ([]Event, error) {
	if !w.Pause.On {
		return nil, nil
	}
	return []Event{WorkspaceBotResumed{WorkspaceID: w.ID}}, nil
}

// ChangePlan decides where the workspace stands with its plan.
func (w Workspace) ChangePlan(state PlanState, until time.Time) ([]Event, error) {
	return w.ChangePlanAt(state, until, time.Time{})
}

// ChangePlanAt is ChangePlan by somebody who knows the time, so that a renewal brings no late answers.
func (w Workspace) ChangePlanAt(state PlanState, until, now time.Time) ([]Event, error) {
	switch state {
	case Trial, Active, PastDue, Expired:
	default:
		return nil, InvalidField("plan", "plan.unknown", "A plan is trial, active, past_due or expired.")
	}
	if w.Plan.State == state && w.Plan.Until.Equal(until) {
		return nil, nil
	}
	changed := WorkspacePlanChanged{WorkspaceID: w.ID, State: state, Until: until, ChangedAt: now}
	events := []Event{changed}
	if renewed := w.Evolve(changed); !w.Plan.Serving(now) && renewed.Plan.Serving(now) && !now.IsZero() {
		events = append(events, w.Raise(WorkspaceAlertRaised{Kind: AlertLive, Subject: now.UTC().Format(time.RFC3339), At: now})...)
	}
	return events, nil
}

// LapsePlan decides what follows when the plan's time is up: a trial expires, an active plan is past due for the grace
// period, a past due one expires.
func (w Workspace) LapsePlan(now time.Time) ([]Event, error) {
	if w.Plan.Until.IsZero() || now.Before(w.Plan.Until) {
		return nil, nil
	}
	switch w.Plan.State {
	case Active:
		return []Event{WorkspacePlanChanged{WorkspaceID: w.ID, State: PastDue, Until: w.Plan.Until.Add(GracePeriod), ChangedAt: w.Plan.Until}}, nil
	case Trial, PastDue:
		return []Event{WorkspacePlanChanged{WorkspaceID: w.ID, State: Expired, ChangedAt: w.Plan.Until}}, nil
	case Expired:
	}
	return nil, nil
}

// EndPause decides what follows when a pause's time is up.
func (w Workspace) EndPause(now time.Time) ([]Event, error) {
	if !w.Pause.On || w.Pause.Active(now) {
		return nil, nil
	}
	return w.ResumeBot()
}

// Suspend decides to stop serving the workspace.
func (w Workspace) Suspend(reason string) ([]Event, error) {
	if w.Suspended {
		return nil, nil
	}
	return []Event{WorkspaceSuspended{WorkspaceID: w.ID, Reason: reason}}, nil
}

// Unsuspend decides to serve the workspace again.
func (w Workspace) Unsuspend() ([]Event, error) {
	if !w.Suspended {
		return nil, nil
	}
	return []Event{WorkspaceResumed{WorkspaceID: w.ID}}, nil
}

// PassTime decides what follows from time alone.
func (w Workspace) PassTime(now time.Time) ([]Event, error) {
	ended, err := w.EndPause(now)
	if err != nil {
		return nil, err
	}
	lapsed, err := w.LapsePlan(now)
	for _, e := range lapsed {
		w = w.Evolve(e.(WorkspaceEvent)) //nolint:forcetypeassert // LapsePlan decides about the workspace
	}
	return slices.Concat(ended, lapsed, w.raisePlan(now)), err
}

// DailyReplies is how many replies the bot may send in 24 hours.
func (p Plan) DailyReplies() int {
	if p.State == Trial {
		return 500
	}
	return 5000
}

// SettingsChange is what somebody asks to change; nil fields stay as they are.
type SettingsChange struct {
	Name                           *string
	Timezone                       *string
	NumberUse                      *string
	OnboardingStep                 *string
	QuietMinutes                   *int // one of QuietChoices
	Audience                       *Audience
	Hours                          *Hours
	AlwaysOpen                     bool    // forget the opening hours
	Away                           *string // empty: no away text
	Greeting                       *string // empty: no greeting
	StandardTexts                  bool    // away and greeting, where not given here, become the standard ones
	StandardAway, StandardGreeting bool    // one of them becomes the standard one, the other stays
	HolidayUntil                   *time.Time
	HolidayText                    *string
	Alerts                         *string
	WaitingMinutes                 *int // from WaitingLeast to WaitingMost
	Menu                           *[]FAQID
	ReadReceipts                   *bool
}

// ChangeSettings decides what a change of settings means.
func (w Workspace) ChangeSettings(c SettingsChange) ([]Event, error) {
	var events []Event
	if c.Name != nil {
		name, err := CleanBusinessName(*c.Name)
		if err != nil {
			return nil, err
		}
		if name != w.Name {
			events = append(events, WorkspaceRenamed{WorkspaceID: w.ID, Name: name})
		}
	}
	if err := checkSettings(c); err != nil {
		return nil, err
	}
	if c.StandardAway || c.StandardGreeting { // the event knows both or neither: the other is written out as it is
		if !c.StandardAway && c.Away == nil {
			c.Away = w.Settings.Away
		}
		if !c.StandardGreeting && c.Greeting == nil {
			c.Greeting = w.Settings.Greeting
		}
		c.StandardTexts = true
	}
	changed := WorkspaceSettingsChanged{
		WorkspaceID: w.ID, Timezone: unlessSame(c.Timezone, w.Timezone),
		NumberUse: unlessSame(c.NumberUse, w.NumberUse), OnboardingStep: unlessSame(c.OnboardingStep, w.OnboardingStep),
		QuietMinutes: c.QuietMinutes, Audience: unlessSame(c.Audience, w.Settings.Audience), Hours: c.Hours, AlwaysOpen: c.AlwaysOpen,
		Away: cleanText(c.Away), Greeting: cleanText(c.Greeting), StandardTexts: c.StandardTexts,
		HolidayUntil: c.HolidayUntil, HolidayText: cleanText(c.HolidayText), Alerts: unlessSame(c.Alerts, w.Settings.Alerts),
		WaitingMinutes: unlessSame(c.WaitingMinutes, int(w.Settings.Waiting()/time.Minute)), Menu: written(c.Menu),
		ReadReceipts: unlessSame(c.ReadReceipts, w.Settings.ShowsRead()),
	}
	if after := w.withSettings(changed); !reflect.DeepEqual(after, w) {
		events = append(events, changed)
	}
	return events, nil
}

func checkSettings(c SettingsChange) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Timezone != nil {
		if _, err := time.LoadLocation(*c.Timezone); err != nil || *c.Timezone == "" || *c.Timezone == "Local" {
			return InvalidField("timezone", "timezone.unknown", "Choose a timezone such as Africa/Lagos.")
		}
	}
	if c.NumberUse != nil && *c.NumberUse != "business" && *c.NumberUse != "mixed" {
		return InvalidField("numberUse", "number_use.unknown", "Say whether the number is for business only or mixed.")
	}
	if c.OnboardingStep != nil && !slices.Contains([]string{"link", "faqs", "test", "done"}, *c.OnboardingStep) {
		return InvalidField("onboardingStep", "onboarding_step.unknown", "The steps are link, faqs, test and done.")
	}
	return nil
}

func unlessSame[T comparable](want *T, have T) *T {
	if want == nil || *want == have {
		return nil
	}
	return want
}

// written is a list as an event keeps it: an empty one is not the same as none.
func written[T any](list *[]T) *[]T {
	if list == nil {
		return nil
	}
	kept := append([]T{}, *list...)
	return &kept
}

const maxNameLength = 80 // characters

// CleanBusinessName returns the name as it is shown.
func CleanBusinessName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || utf8.RuneCountInString(name) > maxNameLength {
		return "", InvalidField("businessName", "business_name.invalid", "Write your business's name, up to 80 characters.")
	}
	return name, nil
}
