package domain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

func TestSettingsOfTheConversation(t *testing.T) {
	w := domain.Workspace{}.Evolve(registered)
	change := func(w domain.Workspace, c domain.SettingsChange) domain.Workspace {
		t.Helper()
		events, err := w.ChangeSettings(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			w = w.Evolve(e.(domain.WorkspaceEvent))
		}
		return w
	}
	waiting, menu, unread := 30, []domain.FAQID{"f3", "f1"}, false
	quiet, away, greeting, always := 240, "  back at nine ", "", domain.AnswerAllowed
	holiday := noon.AddDate(0, 0, 9)
	changed := change(w, domain.SettingsChange{
		QuietMinutes: &quiet, Away: &away, Greeting: &greeting, Audience: &always, HolidayUntil: &holiday, WaitingMinutes: &waiting, Menu: &menu, ReadReceipts: &unread,
		Hours: &domain.Hours{Open: []domain.Opening{{Day: 1, From: 540, To: 1080}}},
	})
	t.Run("hold once they are changed", func(t *testing.T) {
		s := changed.Settings
		if changed.Settings.Quiet() != 4*time.Hour || *s.Away != "back at nine" || *s.Greeting != "" || changed.Audience() != domain.AnswerAllowed || s.Hours == nil || s.Waiting() != 30*time.Minute || !slices.Equal(s.Menu, menu) || s.ShowsRead() {
			t.Fatalf("%+v", s)
		}
	})
	t.Run("asked for again change nothing", func(t *testing.T) {
		if events, err := changed.ChangeSettings(domain.SettingsChange{QuietMinutes: &quiet, Away: &away, WaitingMinutes: &waiting, Menu: &menu, ReadReceipts: &unread}); err != nil || len(events) != 0 {
			t.Fatalf("%v %v", events, err)
		}
	})
	t.Run("go back to what they were", func(t *testing.T) {
		events, err := changed.SettingsBackTo(w)
		if err != nil {
			t.Fatal(err)
		}
		back := changed
		for _, e := range events {
			back = back.Evolve(e.(domain.WorkspaceEvent))
		}
		if back.Settings.Quiet() != domain.QuietAfter || back.Settings.Hours != nil || back.Settings.Away != nil || back.Settings.Greeting != nil || !back.Settings.HolidayUntil.IsZero() || back.Settings.Waiting() != domain.WaitingFor || back.Settings.Menu != nil || !back.Settings.ShowsRead() {
			t.Fatalf("%+v", back.Settings)
		}
	})
	t.Run("that make no sense are refused", func(t *testing.T) {
		odd, nobody, soon, late := 7, domain.Audience("nobody"), 4, 721
		long := string(make([]byte, domain.MaxSettingText+1))
		for _, c := range []struct {
			code   string
			change domain.SettingsChange
		}{
			{"quiet.unknown", domain.SettingsChange{QuietMinutes: &odd}},
			{"audience.unknown", domain.SettingsChange{Audience: &nobody}},
			{"text.too_long", domain.SettingsChange{Away: &long}},
			{"hours.invalid", domain.SettingsChange{Hours: &domain.Hours{Open: []domain.Opening{{Day: 7, From: 1, To: 2}}}}},
			{"waiting.invalid", domain.SettingsChange{WaitingMinutes: &soon}},
			{"waiting.invalid", domain.SettingsChange{WaitingMinutes: &late}},
			{"menu.invalid", domain.SettingsChange{Menu: &[]domain.FAQID{"f1", "f2", "f1"}}},
			{"menu.invalid", domain.SettingsChange{Menu: &[]domain.FAQID{"f1", "f2", "f3", "f4", "f5", "f6"}}},
		} {
			_, err := w.ChangeSettings(c.change)
			if refusal := (*domain.Error)(nil); !errors.As(err, &refusal) || refusal.Code != c.code {
				t.Errorf("%s: %v", c.code, err)
			}
		}
	})
}

func TestWhoIsLeftAlone(t *testing.T) {
	mixed := "mixed"
	private := domain.Workspace{}.Evolve(domain.WorkspaceSettingsChanged{NumberUse: &mixed})
	only := domain.Workspace{Settings: domain.Settings{Audience: domain.AnswerAllowed}}
	for _, c := range []struct {
		name string
		w    domain.Workspace
		who  domain.Customer
		want domain.Reason
	}{
		{"a business number answers everyone", domain.Workspace{}, domain.Customer{Saved: true}, ""},
		{"a mixed number leaves saved contacts alone", private, domain.Customer{Saved: true}, domain.ReasonSavedContact},
		{"and answers the others", private, domain.Customer{}, ""},
		{"unless they are allowed", private, domain.Customer{Saved: true, Allowed: true}, ""},
		{"a pilot answers only whom it allows", only, domain.Customer{}, domain.ReasonNotAllowed},
		{"and those", only, domain.Customer{Allowed: true}, ""},
		{"an ignored person is ignored in every mode", only, domain.Customer{Allowed: true, Ignored: true}, domain.ReasonIgnored},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.w.LeavesAlone(c.who); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhoMayCommand(t *testing.T) {
	w := domain.Workspace{}
	for member, role := range map[domain.MemberID]domain.Role{"o": domain.RoleOwner, "a": domain.RoleAgent, "v": domain.RoleViewer} {
		w = w.Evolve(domain.WorkspaceMemberAdded{MemberID: member, Role: role}).
			Evolve(domain.WorkspaceAdminNumberVerified{MemberID: member, CustomerID: domain.CustomerID("phone of " + member)})
	}
	left := w.Evolve(domain.WorkspaceMemberRemoved{MemberID: "a"})
	got := []domain.Role{w.RoleOf("phone of o"), w.RoleOf("phone of a"), w.RoleOf("phone of v"), w.RoleOf("a stranger"), left.RoleOf("phone of a")}
	if diff := cmp.Diff([]domain.Role{domain.RoleOwner, domain.RoleAgent, "", "", ""}, got); diff != "" {
		t.Fatal(diff)
	}
}
