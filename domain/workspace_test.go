package domain_test

import (
	"testing"
	"time"

	"switchboard.example/domain"
	"switchboard.example/domain/domaintest"
)

const day = 24 * time.Hour

var registered = domain.WorkspaceRegistered{WorkspaceID: shop, Name: "Ada's Kitchen", Timezone: "Africa/Lagos", TrialUntil: noon.Add(domain.TrialLength)}

func givenShop(t *testing.T, history ...domain.WorkspaceEvent) domaintest.Story[domain.Workspace] {
	t.Helper()
	return domaintest.Given(t, domain.Workspace{}, append([]domain.WorkspaceEvent{registered}, history...)...)
}

func TestTimeAlone(t *testing.T) {
	at := func(now time.Time) func(domain.Workspace) ([]domain.Event, error) {
		return func(w domain.Workspace) ([]domain.Event, error) { return w.PassTime(now) }
	}
	end := noon.Add(domain.TrialLength)
	grace := end.Add(domain.GracePeriod)
	told := func(subject string, days int, now, next time.Time) domain.WorkspaceAlertRaised {
		return domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertPlan, Subject: subject, Count: days, At: now, NextAt: next}
	}
	expired := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired, ChangedAt: end}
	t.Run("a young trial goes on", func(t *testing.T) { givenShop(t).When(at(noon.Add(day))).ThenNothing() })
	t.Run("its end is told 7, 3 and 1 days before, once each, the last one only when late", func(t *testing.T) {
		week := told("trial 7 2026-12-07", 7, end.Add(-7*day), end.Add(-3*day))
		givenShop(t).When(at(end.Add(-7 * day))).Then(week)
		givenShop(t, week).When(at(end.Add(-6 * day))).ThenNothing()
		givenShop(t, week).When(at(end.Add(-time.Hour))).Then(told("trial 1 2026-12-07", 1, end.Add(-time.Hour), end))
	})
	t.Run("a trial expires at its end", func(t *testing.T) {
		givenShop(t).When(at(end)).Then(expired, told("expired 2026-12-07", 0, end, end.Add(12*day)))
	})
	t.Run("an active plan is past due for the grace period, told every day, then expires", func(t *testing.T) {
		active := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Active, Until: end}
		pastDue := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.PastDue, Until: grace, ChangedAt: end}
		third := told("past_due 3 2026-12-10", 3, end, end.Add(day))
		givenShop(t, active).When(at(end)).Then(pastDue, third)
		givenShop(t, active, pastDue, third).When(at(end.Add(day))).Then(told("past_due 2 2026-12-10", 2, end.Add(day), end.Add(2*day)))
		givenShop(t, active, pastDue).When(at(grace)).
			Then(domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired, ChangedAt: grace}, told("expired 2026-12-10", 0, grace, grace.Add(12*day)))
	})
	t.Run("what follows an ended plan is told before it happens", func(t *testing.T) {
		givenShop(t, expired).When(at(end.Add(12 * day))).Then(told("socket 2026-12-07", 2, end.Add(12*day), end.Add(42*day)))
		givenShop(t, expired).When(at(end.Add(42 * day))).Then(told("unlink 2026-12-07", 2, end.Add(42*day), end.Add(44*day)))
	})
	t.Run("a link is gone thirty days after its socket was closed, and not before", func(t *testing.T) {
		w := domain.Workspace{}.Evolve(registered).Evolve(expired)
		if w.Plan.Gone(end.Add(44*day-time.Second)) || !w.Plan.Gone(end.Add(44*day)) {
			t.Fatal("the keys are destroyed at the wrong time")
		}
	})
	t.Run("a renewal is told", func(t *testing.T) {
		now := end.Add(day)
		renew := func(w domain.Workspace) ([]domain.Event, error) {
			return w.ChangePlanAt(domain.Active, now.Add(30*day), now)
		}
		givenShop(t, expired).When(renew).Then(
			domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Active, Until: now.Add(30 * day), ChangedAt: now},
			domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertLive, Subject: now.Format(time.RFC3339), At: now})
	})
	t.Run("neither a longer plan nor the end of an ended one is", func(t *testing.T) {
		longer := func(w domain.Workspace) ([]domain.Event, error) {
			return w.ChangePlanAt(domain.Trial, end.Add(day), noon)
		}
		givenShop(t).When(longer).Then(domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Trial, Until: end.Add(day), ChangedAt: noon})
		over := func(w domain.Workspace) ([]domain.Event, error) {
			return w.ChangePlanAt(domain.Expired, time.Time{}, end.Add(day))
		}
		givenShop(t).When(over).Then(domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired, ChangedAt: end.Add(day)})
	})
	t.Run("a pause ends by itself", func(t *testing.T) {
		paused := domain.WorkspaceBotPaused{WorkspaceID: shop, Until: noon.Add(time.Hour)}
		givenShop(t, paused).When(at(noon)).ThenNothing()
		givenShop(t, paused).When(at(noon.Add(time.Hour))).Then(domain.WorkspaceBotResumed{WorkspaceID: shop})
	})
}

func TestWhyTheBotIsSilent(t *testing.T) {
	for _, c := range []struct {
		name    string
		history []domain.WorkspaceEvent
		now     time.Time
		want    domain.Reason
	}{
		{"in trial it speaks", nil, noon, ""},
		{"a trial that ended no longer serves, even before the event says so", nil, noon.Add(domain.TrialLength), domain.ReasonPlanEnded},
		{"a trial without an end goes on", []domain.WorkspaceEvent{domain.WorkspacePlanChanged{State: domain.Trial}}, noon.AddDate(9, 0, 0), ""},
		{"paused", []domain.WorkspaceEvent{domain.WorkspaceBotPaused{}}, noon, domain.ReasonPaused},
		{"a pause that ran out no longer holds", []domain.WorkspaceEvent{domain.WorkspaceBotPaused{Until: noon}}, noon, ""},
		{"suspended", []domain.WorkspaceEvent{domain.WorkspaceSuspended{}}, noon, domain.ReasonSuspended},
		{"a pause does not hide that the plan has ended: its customers are counted", []domain.WorkspaceEvent{domain.WorkspaceBotPaused{}}, noon.Add(domain.TrialLength), domain.ReasonPlanEnded},
		{"nor does that hide a suspension", []domain.WorkspaceEvent{domain.WorkspaceSuspended{}}, noon.Add(domain.TrialLength), domain.ReasonSuspended},
		{"past due within grace it speaks", []domain.WorkspaceEvent{domain.WorkspacePlanChanged{State: domain.PastDue, Until: noon.Add(time.Second)}}, noon, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := domain.Workspace{}.Evolve(registered)
			for _, e := range c.history {
				w = w.Evolve(e)
			}
			if got := w.Silence(c.now); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatAPlanMaySendADay(t *testing.T) {
	for state, want := range map[domain.PlanState]int{domain.Trial: 500, domain.Active: 5000, domain.PastDue: 5000} {
		if got := (domain.Plan{State: state}).DailyReplies(); got != want {
			t.Errorf("%s: %d, want %d", state, got, want)
		}
	}
}

func TestSettings(t *testing.T) {
	change := func(c domain.SettingsChange) func(domain.Workspace) ([]domain.Event, error) {
		return func(w domain.Workspace) ([]domain.Event, error) { return w.ChangeSettings(c) }
	}
	word := func(s string) *string { return &s }
	t.Run("only what differs is recorded", func(t *testing.T) {
		givenShop(t).When(change(domain.SettingsChange{Name: word("Ada's Kitchen"), Timezone: word("Africa/Lagos")})).ThenNothing()
		givenShop(t).When(change(domain.SettingsChange{Name: word(" Ada's  Place ")})).
			Then(domain.WorkspaceRenamed{WorkspaceID: shop, Name: "Ada's Place"})
	})
	t.Run("nonsense is refused", func(t *testing.T) {
		givenShop(t).When(change(domain.SettingsChange{Timezone: word("Mars/Olympus")})).ThenRefused("timezone.unknown")
		givenShop(t).When(change(domain.SettingsChange{OnboardingStep: word("party")})).ThenRefused("onboarding_step.unknown")
	})
}
