package httpapi

import (
	"strings"
	"testing"

	"switchboard.example/domain"
)

func TestErasingACustomerAsksForThePasswordAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	chat := "/api/conversations/" + string(ada.customer)
	right := `{"password":"correct horse"}`

	w.askAs(ada.person, "POST", chat+"/erase", `{"password":"wrong horse"}`).refuses(403, "password.wrong")
	w.askAs(ada.person, "POST", chat+"/erase", `{"password":""}`).refuses(400, "field.missing")
	w.askAs(w.as(ada.person, domain.RoleAdmin), "POST", chat+"/erase", right).refuses(403, "role")
	w.askAs(ada.person, "POST", "/api/conversations/c1/erase", right).refuses(404, "conversation.not_found")
	w.askAs(w.furnishEmpty("other@example.com").person, "POST", chat+"/erase", right).refuses(404, "conversation.not_found")
	if got := w.askAs(ada.person, "GET", chat+"/messages", nil).is(200); !strings.Contains(string(got.body), "do you deliver?") {
		t.Fatalf("something is gone already: %s", got.body)
	}

	w.askAs(ada.person, "POST", chat+"/erase", right).is(204)
	w.askAs(ada.person, "GET", chat+"/messages", nil).refuses(404, "customer.erased")
	w.askAs(ada.person, "POST", chat+"/messages", `{"text":"Yes, we do"}`).refuses(404, "customer.erased")
	w.askAs(ada.person, "POST", chat+"/takeover", `{}`).refuses(404, "customer.erased")
	w.askAs(ada.person, "POST", chat+"/giveback", nil).refuses(404, "customer.erased")
	for _, path := range []string{"/api/conversations", "/api/conversations?filter=needs_you", "/api/unanswered", "/api/alerts", "/api/allowed"} {
		got := string(w.askAs(ada.person, "GET", path, nil).is(200).body)
		if strings.Contains(got, "Bola") || strings.Contains(got, "do you deliver") || strings.Contains(path, "conversations") && strings.Contains(got, string(ada.customer)) {
			t.Errorf("%s still shows them: %s", path, got)
		}
	}
	again := w.askAs(ada.person, "POST", chat+"/erase", right).is(204)
	if again.header.Get("X-Position") != "0" {
		t.Errorf("erased again at %s", again.header.Get("X-Position"))
	}
}

func TestAnFAQAskedOnlyInAnErasedCustomersWordsIsLeftWithoutAny(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	id := string(into[faqBody](w.askAs(ada.person, "POST", "/api/unanswered/c1/assign", `{"answer":"Yes, everywhere"}`).is(200)).ID)
	w.askAs(ada.person, "POST", "/api/conversations/"+string(ada.customer)+"/erase", `{"password":"correct horse"}`).is(204)
	head, err := w.store.Head(t.Context())
	w.must(err)
	w.must(w.server.config.Waiter.Wait(t.Context(), modelFAQs, head))
	if got := into[faqBody](w.askAs(ada.person, "GET", "/api/faqs/"+id, nil).is(200)); len(got.Questions) != 0 || got.Answer != "Yes, everywhere" {
		t.Errorf("%+v", got)
	}
	w.askAs(ada.person, "GET", "/api/faqs", nil).is(200)
	w.askAs(ada.person, "PATCH", "/api/faqs/"+id, `{"questions":["Do you deliver?"]}`).is(200)
}

func TestGuessingAPasswordToEraseIsSlowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Attempts = Attempts{PerAccount: 2, PerIP: 100, Overall: 100} })
	ada := w.furnish()
	path := "/api/conversations/" + string(ada.customer) + "/erase"
	for range 2 {
		w.askAs(ada.person, "POST", path, `{"password":"wrong horse"}`).refuses(403, "password.wrong")
	}
	w.askAs(ada.person, "POST", path, `{"password":"correct horse"}`).refuses(429, "too_many_attempts")
	w.ask("POST", "/api/auth/login", `{"email":"ada@example.com","password":"correct horse"}`).refuses(429, "too_many_attempts")
}
