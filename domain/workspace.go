package domain

import (
	"maps"
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
}

// WorkspacePlanChanged records where the workspace stands with its plan from now on.
type WorkspacePlanChanged struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	State       PlanState   `json:"state"`
	Until       time.Time   `json:"until"` // when the state ends by itself; zero: it does not
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
}

// WorkspaceBotPaused records that the bot answers nobody until it is resumed.
type WorkspaceBotPaused struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Until       time.Time   `json:"until"` // zero: until resumed by hand
}

// WorkspaceBotResumed records that the bot answers again, by hand or because the pause ended.
type WorkspaceBotResumed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
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
)

// Plan is what a workspace pays for, now.
type Plan struct {
	State PlanState
	Until time.Time // zero: no end
}

// Serving says whether customers are answered at the given time: in trial, active, or past due within the grace period.
// A state whose end has passed no longer serves, even before the event that says so is written.
func (p Plan) Serving(now time.Time) bool {
	switch p.State {
	case Trial, Active, PastDue:
		return p.Until.IsZero() || now.Before(p.Until)
	case Expired:
	}
	return false
}

// Pause is whether and until when the bot is silent.
type Pause struct {
	On    bool
	Until time.Time // zero: until resumed
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
	Suspended      bool
	Pause          Pause
	Members        map[MemberID]Role
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
		w.Plan = Plan{State: e.State, Until: e.Until}
	case WorkspaceSuspended:
		w.Suspended = true
	case WorkspaceResumed:
		w.Suspended = false
	case WorkspaceMemberAdded:
		w.Members = withMember(w.Members, e.MemberID, e.Role)
	case WorkspaceMemberRemoved:
		w.Members = withMember(w.Members, e.MemberID, "")
	case WorkspaceAdminNumberVerified:
	case WorkspaceBotPaused:
		w.Pause = Pause{On: true, Until: e.Until}
	case WorkspaceBotResumed:
		w.Pause = Pause{}
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
	return w
}

func withMember(old map[MemberID]Role, id MemberID, role Role) map[MemberID]Role {
	members := make(map[MemberID]Role, len(old)+1)
	maps.Copy(members, old)
	if role == "" {
		delete(members, id)
	} else {
		members[id] = role
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
	if w.Pause.On && w.Pause.Until.Equal(until) {
		return nil, nil
	}
	return []Event{WorkspaceBotPaused{WorkspaceID: w.ID, Until: until}}, nil
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
	switch state {
	case Trial, Active, PastDue, Expired:
	default:
		return nil, InvalidField("plan", "plan.unknown", "A plan is trial, active, past_due or expired.")
	}
	if w.Plan.State == state && w.Plan.Until.Equal(until) {
		return nil, nil
	}
	return []Event{WorkspacePlanChanged{WorkspaceID: w.ID, State: state, Until: until}}, nil
}

// LapsePlan decides what follows when the plan's time is up: a trial expires, an active plan is past due for the grace
// period, a past due one expires.
func (w Workspace) LapsePlan(now time.Time) ([]Event, error) {
	if w.Plan.Until.IsZero() || now.Before(w.Plan.Until) {
		return nil, nil
	}
	switch w.Plan.State {
	case Active:
		return []Event{WorkspacePlanChanged{WorkspaceID: w.ID, State: PastDue, Until: w.Plan.Until.Add(GracePeriod)}}, nil
	case Trial, PastDue:
		return []Event{WorkspacePlanChanged{WorkspaceID: w.ID, State: Expired}}, nil
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
	return append(ended, lapsed...), err
}

// NextDue is when time alone will next change something; zero when nothing waits.
func (w Workspace) NextDue() time.Time {
	due := w.Plan.Until
	if w.Plan.State == Expired {
		due = time.Time{}
	}
	if w.Pause.On && !w.Pause.Until.IsZero() && (due.IsZero() || w.Pause.Until.Before(due)) {
		due = w.Pause.Until
	}
	return due
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
	Name           *string
	Timezone       *string
	NumberUse      *string
	OnboardingStep *string
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
	changed := WorkspaceSettingsChanged{
		WorkspaceID: w.ID, Timezone: unlessSame(c.Timezone, w.Timezone),
		NumberUse: unlessSame(c.NumberUse, w.NumberUse), OnboardingStep: unlessSame(c.OnboardingStep, w.OnboardingStep),
	}
	if changed.Timezone != nil || changed.NumberUse != nil || changed.OnboardingStep != nil {
		events = append(events, changed)
	}
	return events, nil
}

func checkSettings(c SettingsChange) error {
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

func unlessSame(want *string, have string) *string {
	if want == nil || *want == have {
		return nil
	}
	return want
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
