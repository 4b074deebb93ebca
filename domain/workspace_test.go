package domain_test

import (
	"testing"
	"time"

	"switchboard.example/domain"
	"switchboard.example/domain/domaintest"
)

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
	t.Run("a running trial goes on", func(t *testing.T) { givenShop(t).When(at(end.Add(-time.Second))).ThenNothing() })
	t.Run("a trial expires at its end", func(t *testing.T) {
		givenShop(t).When(at(end)).Then(domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired})
	})
	t.Run("an active plan is past due for the grace period, then expires", func(t *testing.T) {
		active := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Active, Until: end}
		pastDue := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.PastDue, Until: end.Add(domain.GracePeriod)}
		givenShop(t, active).When(at(end)).Then(pastDue)
		givenShop(t, active, pastDue).When(at(end.Add(domain.GracePeriod))).
			Then(domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired})
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
		{"paused", []domain.WorkspaceEvent{domain.WorkspaceBotPaused{}}, noon, domain.ReasonPaused},
		{"a pause that ran out no longer holds", []domain.WorkspaceEvent{domain.WorkspaceBotPaused{Until: noon}}, noon, ""},
		{"suspended", []domain.WorkspaceEvent{domain.WorkspaceSuspended{}}, noon, domain.ReasonSuspended},
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
