package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchboard.example/domain"
)

// aBrowser is a PushSubscription; the keys are those of RFC 8291 §5.
func aBrowser(endpoint string) string {
	return `{"endpoint":"` + endpoint + `","keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`
}

// switchesOn returns the cookie by which the browser is known from then on.
func (w *world) switchesOn(p person, endpoint, cookie string) string {
	w.Helper()
	got := w.askAs(p, http.MethodPost, "/api/push", aBrowser(endpoint), "Cookie", cookie).is(200)
	for _, set := range (&http.Response{Header: got.header}).Cookies() {
		if set.Name == pushCookie {
			if !set.HttpOnly || set.MaxAge <= 0 || set.SameSite != http.SameSiteLaxMode {
				w.Errorf("the cookie is %v", set)
			}
			return pushCookie + "=" + set.Value
		}
	}
	w.Fatal("no cookie")
	return ""
}

func (w *world) isOn(p person, cookie string) bool {
	w.Helper()
	var body pushBody
	w.must(json.Unmarshal(w.askAs(p, http.MethodGet, "/api/push", nil, "Cookie", cookie).is(200).body, &body))
	return body.On
}

func (w *world) browsers() (n int) {
	w.Helper()
	w.must(w.db.Get(&n, `SELECT count(*) FROM push_browsers`))
	return n
}

func TestABrowserIsToldOfAlertsUntilItsMemberWantsItNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, other := w.signUp("ada@example.com"), w.signUp("other@example.com")
	step := func(name string, run func(w *world)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			x := *w
			x.T = t
			x.must(func() error { _, err := w.db.Exec(`DELETE FROM push_browsers`); return err }())
			run(&x)
		})
	}
	step("it is off, then on, then off again, and neither is bad twice", func(w *world) {
		if w.isOn(ada, "") {
			w.Error("on before anybody asked")
		}
		cookie := w.switchesOn(ada, "https://push.example.com/1", "")
		if again := w.switchesOn(ada, "https://push.example.com/1", cookie); again != cookie {
			w.Error("the same browser is another one")
		}
		if !w.isOn(ada, cookie) || w.isOn(other, cookie) || w.isOn(ada, pushCookie+"="+uuid.NewString()) || w.isOn(ada, pushCookie+"=x") {
			w.Error("who is told is wrong")
		}
		for range 2 {
			w.askAs(ada, http.MethodDelete, "/api/push", nil, "Cookie", cookie).is(204)
		}
		if w.isOn(ada, cookie) || w.browsers() != 0 {
			w.Error("still on")
		}
	})
	step("a browser that got another endpoint is told there alone", func(w *world) {
		cookie := w.switchesOn(ada, "https://push.example.com/1", "")
		w.switchesOn(ada, "https://push.example.com/2", cookie)
		if n := w.browsers(); n != 1 {
			w.Errorf("%d browsers", n)
		}
	})
	step("signing out ends it on this browser and on no other", func(w *world) {
		here, phone := w.switchesOn(ada, "https://push.example.com/1", ""), w.switchesOn(ada, "https://push.example.com/2", "")
		w.ask(http.MethodPost, "/api/auth/logout", nil, "Cookie", here).is(204)
		if w.isOn(ada, here) || !w.isOn(ada, phone) {
			w.Error("the wrong one ended")
		}
	})
	step("whoever signs in on the browser afterwards is not told what was another's", func(w *world) {
		cookie := w.switchesOn(ada, "https://push.example.com/1", "")
		w.ask(http.MethodPost, "/api/auth/signup", `{"email":"`+uuid.NewString()+`@example.com","password":"correct horse","businessName":"New"}`, "Cookie", cookie).is(201)
		if w.browsers() != 0 {
			w.Error("ada's alerts still come to a browser that is another's")
		}
		cookie = w.switchesOn(ada, "https://push.example.com/1", "")
		w.switchesOn(other, "https://push.example.com/1", "")
		if w.isOn(ada, cookie) || w.browsers() != 1 {
			w.Error("one endpoint tells two members")
		}
	})
	step("a member who leaves is told nothing any more", func(w *world) {
		agent := w.as(ada, domain.RoleAgent)
		w.switchesOn(ada, "https://push.example.com/1", "")
		w.switchesOn(agent, "https://push.example.com/2", "")
		w.must(w.accounts.DisableMember(t.Context(), ada.account.WorkspaceID, agent.account.MemberID))
		if n := w.browsers(); n != 1 {
			w.Errorf("%d browsers are left", n)
		}
		w.must(w.accounts.Disable(t.Context(), "other@example.com"))
	})
	step("a member has so many browsers, the newest", func(w *world) {
		first := w.switchesOn(ada, "https://push.example.com/first", "")
		for range 10 {
			w.clock.pass(1e9)
			w.switchesOn(ada, "https://push.example.com/"+uuid.NewString(), "")
		}
		if n := w.browsers(); n != 10 || w.isOn(ada, first) {
			w.Errorf("%d browsers", n)
		}
	})
}

func TestAnEndpointLeadsToAPushServiceOrNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signUp("ada@example.com")
	for _, endpoint := range []string{
		"http://push.example.com/1", "https://127.0.0.1/1", "https://[::1]/push", "https://169.254.169.254/latest", "https://localhost/1",
		"https://push.example.com:5432/1", "https://user:secret@push.example.com/1", "ftp://push.example.com/1", "https:///1234567",
		"https://push.example.com/1#there", "https://push.example.com/" + strings.Repeat("x", 1000),
	} {
		if got := w.askAs(ada, http.MethodPost, "/api/push", aBrowser(endpoint)); got.status != 400 && got.status != 422 {
			t.Errorf("%s: %d %s", endpoint, got.status, got.body)
		}
	}
	for _, body := range []string{
		strings.Replace(aBrowser("https://push.example.com/1"), "BCVxsr7N", "BCVxsr7M", 1), // no point on the curve
		strings.Replace(aBrowser("https://push.example.com/1"), "BTBZMqHH6r4Tts7J_aSIgg", "BTBZMqHH6r4Tts7J_aSIggAA", 1),
	} {
		w.askAs(ada, http.MethodPost, "/api/push", body).refuses(400, "push.key")
	}
	if w.browsers() != 0 {
		t.Error("one was kept")
	}
}

func TestAWorkerMayComeFromUsAndIsAskedForEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.ask(http.MethodGet, "/push-worker.js", nil).is(200)
	for name, want := range map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/javascript; charset=utf-8"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q", name, got.header.Get(name))
		}
	}
	if !strings.Contains(got.header.Get("Content-Security-Policy"), "worker-src 'self'") {
		t.Error("no worker may run")
	}
}
