package domain_test

import (
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
	t.Run("the self-chat is left alone when the business says so", func(t *testing.T) {
		for _, c := range []struct {
			alerts string
			hour   int
			want   bool
		}{{"", 3, true}, {"on", 3, true}, {"off", 12, false}, {"22-7", 23, false}, {"22-7", 6, false}, {"22-7", 7, true}, {"22-7", 21, true}, {"13-14", 13, false}, {"13-14", 14, true}} {
			at := time.Date(2026, 11, 23, c.hour, 0, 0, 0, time.UTC)
			if got := (domain.Settings{Alerts: c.alerts}).ToldByPhone(at, time.UTC); got != c.want {
				t.Errorf("alerts %q at %d: %v", c.alerts, c.hour, got)
			}
		}
	})
}
