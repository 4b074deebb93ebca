package domain_test

import (
	"reflect"
	"testing"
	"time"

	"switchboard.example/domain"
)

func TestAlerts(t *testing.T) {
	raise := func(a domain.WorkspaceAlertRaised) func(domain.Workspace) ([]domain.Event, error) {
		return func(w domain.Workspace) ([]domain.Event, error) { return w.Raise(a), nil }
	}
	limit := domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertLimit, At: noon}
	t.Run("a reached limit is told once per hour", func(t *testing.T) {
		later := limit
		later.At = noon.Add(59 * time.Minute)
		givenShop(t, limit).When(raise(later)).ThenNothing()
		later.At = noon.Add(time.Hour)
		givenShop(t, limit).When(raise(later)).Then(later)
	})
	t.Run("what has a subject is told once for each", func(t *testing.T) {
		app := domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertAppReply, Subject: "f1", At: noon}
		again := app
		again.At = noon.Add(1000 * time.Hour)
		givenShop(t, app).When(raise(again)).ThenNothing()
		again.Subject = "f2"
		givenShop(t, app).When(raise(again)).Then(again)
	})
	t.Run("an outage is told once, and its end only if the outage was", func(t *testing.T) {
		lost := domain.Connection{Linked: true, Desired: true, Status: domain.Reconnecting, Reason: domain.ReasonDropped, LastConnectedAt: noon.Add(-time.Hour)}
		down := func(w domain.Workspace) ([]domain.Event, error) { return w.RaiseDisconnected(lost, noon), nil }
		up := func(w domain.Workspace) ([]domain.Event, error) { return w.RaiseBack(noon.Add(14 * time.Minute)), nil }
		told := domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertDisconnected, Subject: "2026-11-23T11:00:00Z", At: noon}
		back := domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertBack, Subject: told.Subject, Count: 15, At: noon.Add(14 * time.Minute)}
		givenShop(t).When(up).ThenNothing()
		givenShop(t).When(down).Then(told)
		givenShop(t, told).When(down).ThenNothing()
		givenShop(t, told).When(up).Then(back)
		givenShop(t, told, back).When(up).ThenNothing()
		lost.Reason = domain.ReasonClosedByOwner
		givenShop(t).When(down).ThenNothing()
	})
	t.Run("who waits is told while somebody should be there", func(t *testing.T) {
		waiting := func(at time.Time) func(domain.Workspace) ([]domain.Event, error) {
			return func(w domain.Workspace) ([]domain.Event, error) { return w.RaiseWaiting(2, at), nil }
		}
		nineToSix := domain.WorkspaceSettingsChanged{Hours: &domain.Hours{Open: []domain.Opening{{Day: 1, From: 9 * 60, To: 18 * 60}}}}
		givenShop(t, nineToSix).When(waiting(noon.Add(12 * time.Hour))).ThenNothing()
		givenShop(t, nineToSix).When(waiting(noon)).Then(domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertWaiting, Subject: "15", Count: 2, At: noon})
		half := 30
		givenShop(t, domain.WorkspaceSettingsChanged{WaitingMinutes: &half}).When(waiting(noon)).
			Then(domain.WorkspaceAlertRaised{WorkspaceID: shop, Kind: domain.AlertWaiting, Subject: "30", Count: 2, At: noon})
	})
	t.Run("nobody is told while the business does not want it, nor in its quiet hours", func(t *testing.T) {
		for _, c := range []struct {
			alerts string
			hour   int
			want   bool
		}{{"", 3, true}, {"on", 3, true}, {"off", 12, false}, {"22-7", 23, false}, {"22-7", 6, false}, {"22-7", 7, true}, {"22-7", 21, true}, {"13-14", 13, false}, {"13-14", 14, true}} {
			at := time.Date(2026, 11, 23, c.hour, 0, 0, 0, time.UTC)
			if got := (domain.Settings{Alerts: c.alerts}).Tells("ada", at, time.UTC); got != c.want {
				t.Errorf("alerts %q at %d: %v", c.alerts, c.hour, got)
			}
		}
	})
}

func TestEachMemberDecidesForThemselvesWhenTheyAreTold(t *testing.T) {
	ada := domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "ada", Role: domain.RoleOwner}
	bola := domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "bola", Role: domain.RoleAgent}
	chose := func(m domain.MemberID, alerts string) domain.WorkspaceMemberAlertsChosen {
		return domain.WorkspaceMemberAlertsChosen{WorkspaceID: shop, MemberID: m, Alerts: alerts}
	}
	choose := func(m domain.MemberID, alerts string) func(domain.Workspace) ([]domain.Event, error) {
		return func(w domain.Workspace) ([]domain.Event, error) { return w.ChooseAlerts(m, alerts) }
	}
	t.Run("what is chosen twice is recorded once, and nonsense never", func(t *testing.T) {
		givenShop(t, ada).When(choose("ada", "22-7")).Then(chose("ada", "22-7"))
		givenShop(t, ada, chose("ada", "22-7")).When(choose("ada", "22-7")).ThenNothing()
		givenShop(t, ada, chose("ada", "22-7")).When(choose("ada", "")).Then(chose("ada", ""))
		givenShop(t, ada).When(choose("ada", "")).ThenNothing()
		givenShop(t, ada).When(choose("ada", "7-7")).ThenRefused("alerts.unknown")
		givenShop(t, ada).When(choose("", "off")).ThenRefused("member.not_found")
	})
	off := "off"
	everybodyOff := domain.WorkspaceSettingsChanged{WorkspaceID: shop, Alerts: &off}
	gone := domain.WorkspaceMemberRemoved{WorkspaceID: shop, MemberID: "bola"}
	for _, c := range []struct {
		name      string
		happened  []domain.WorkspaceEvent
		ada, bola bool
	}{
		{"nobody chose: everybody is told", nil, true, true},
		{"nobody chose: what is set for everybody holds, as it did before members could choose", []domain.WorkspaceEvent{everybodyOff}, false, false},
		{"an agent never silences the owner", []domain.WorkspaceEvent{chose("bola", "off")}, true, false},
		{"nor the owner an agent", []domain.WorkspaceEvent{chose("ada", "off")}, false, true},
		{"a choice outlasts what is set for everybody, before and after", []domain.WorkspaceEvent{chose("ada", "on"), everybodyOff, chose("bola", "on")}, true, true},
		{"quiet hours are one's own too", []domain.WorkspaceEvent{chose("bola", "12-13")}, true, false},
		{"who takes it back is one of everybody again", []domain.WorkspaceEvent{chose("bola", "off"), chose("bola", "")}, true, true},
		{"who comes back has chosen nothing", []domain.WorkspaceEvent{chose("bola", "off"), gone, bola}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := domain.Workspace{}.Evolve(registered).Evolve(ada).Evolve(bola)
			for _, e := range c.happened {
				w = w.Evolve(e)
			}
			if w.Settings.Tells("ada", noon, time.UTC) != c.ada || w.Settings.Tells("bola", noon, time.UTC) != c.bola {
				t.Errorf("told wrongly: %+v", w.Settings)
			}
		})
	}
	t.Run("undo brings back what a member had chosen", func(t *testing.T) {
		w := domain.Workspace{}.Evolve(registered).Evolve(ada).Evolve(bola).Evolve(chose("bola", "22-7"))
		for _, before := range []domain.Workspace{w, domain.Workspace{}.Evolve(registered).Evolve(ada).Evolve(bola)} {
			events, err := w.Evolve(chose("bola", "off")).SettingsBackTo(before)
			if want := []domain.Event{chose("bola", before.Settings.MemberAlerts["bola"])}; err != nil || !reflect.DeepEqual(events, want) {
				t.Errorf("%v %v, want %v", events, err, want)
			}
		}
	})
}
