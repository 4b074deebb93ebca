package httpapi

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

func TestEachMemberChoosesWhenTheyAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signUp("ada@example.com")
	agent := w.as(ada, domain.RoleAgent)
	word := func(s string) *string { return &s }
	holds := func(a answer, want myAlertsBody) {
		t.Helper()
		var got myAlertsBody
		w.must(json.Unmarshal(a.is(200).body, &got))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	const mine = "/api/me/alerts"
	holds(w.askAs(ada, http.MethodGet, mine, nil), myAlertsBody{Alerts: "on", Everybody: "on"})
	holds(w.askAs(agent, http.MethodPatch, mine, `{"alerts":"off"}`), myAlertsBody{Alerts: "off", Chosen: word("off"), Everybody: "on"})
	holds(w.askAs(ada, http.MethodGet, mine, nil), myAlertsBody{Alerts: "on", Everybody: "on"})

	w.askAs(ada, http.MethodPatch, "/api/settings", `{"alerts":"22-7"}`).is(200)
	holds(w.askAs(ada, http.MethodGet, mine, nil), myAlertsBody{Alerts: "22-7", Everybody: "22-7"})
	holds(w.askAs(agent, http.MethodGet, mine, nil), myAlertsBody{Alerts: "off", Chosen: word("off"), Everybody: "22-7"})
	holds(w.askAs(agent, http.MethodPatch, mine, `{"alerts":null}`), myAlertsBody{Alerts: "22-7", Everybody: "22-7"})

	w.askAs(ada, http.MethodPatch, mine, `{}`).refuses(400, "settings.nothing")
	for _, nonsense := range []string{`{"alerts":"maybe"}`, `{"alerts":""}`, `{"alerts":"7-7"}`} {
		w.askAs(ada, http.MethodPatch, mine, nonsense).refuses(400, "alerts.unknown")
	}
	holds(w.askAs(ada, http.MethodGet, mine, nil), myAlertsBody{Alerts: "22-7", Everybody: "22-7"})
}
