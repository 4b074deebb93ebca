package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

func TestSavedTestsOfFAQs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	add := func(question string) (domain.FAQID, string) {
		f := into[faqBody](w.askAs(p, "POST", "/api/faqs", `{"questions":["`+question+`"],"answer":"x"}`).is(201))
		return f.ID, "/api/faqs/" + string(f.ID)
	}
	delivery, path := add("How much is delivery?")
	_, other := add("Where are you?")
	saved := into[faqTestsBody](w.askAs(p, "POST", path+"/tests", `{"text":" how much una  dey charge "}`).is(201)).Tests
	if len(saved) != 1 || saved[0].Text != "how much una dey charge" || saved[0].FAQID != delivery || saved[0].Question != "How much is delivery?" || !saved[0].Passes {
		t.Fatalf("%+v", saved)
	}
	t.Run("saving twice changes nothing, and no two FAQs have the same", func(t *testing.T) {
		if again := into[faqTestsBody](w.askAs(p, "POST", path+"/tests", `{"text":"How much una dey charge"}`).is(201)).Tests; len(again) != 1 {
			t.Fatalf("%+v", again)
		}
		w.askAs(p, "POST", other+"/tests", `{"text":"HOW much una dey charge"}`).refuses(409, "faq.test_taken")
	})
	t.Run("saving one leaves the FAQ's revision as it is", func(t *testing.T) {
		w.askAs(p, "PATCH", path, `{"answer":"y","revision":1}`).is(200)
	})
	t.Run("what would break one is refused and named, by every way an FAQ changes, unless somebody insists", func(t *testing.T) {
		w.breaks = func(domain.FAQ) bool { return true }
		defer func() { w.breaks = nil }()
		for _, way := range [][3]string{
			{"PATCH", path, `{"questions":["a b"]}`},
			{"PATCH", path, `{"enabled":false}`},
			{"PATCH", path, `{"questions":["a b"],"refuseClash":true}`},
			{"POST", "/api/faqs", `{"questions":["a b"],"answer":"x"}`},
			{"POST", "/api/faqs", `{"questions":["a b"],"answer":"x","refuseClash":true}`},
			{"DELETE", path, ""},
			{"DELETE", path + "?refuseClash=true", ""},
		} {
			problem := w.askAs(p, way[0], way[1], way[2]).refuses(409, "faq.tests_fail")
			if !strings.HasPrefix(problem.Detail, "1 test now fails: “how much una dey charge”. ") {
				t.Fatalf("%v: %s", way, problem.Detail)
			}
			if diff := cmp.Diff([]faqTestBody{saved[0].faqTestBody}, problem.FailingTests); diff != "" {
				t.Fatalf("%v: %s", way, diff)
			}
		}
		w.askAs(p, "PATCH", path, `{"questions":["a b"],"refuseClash":false}`).is(200)
		w.askAs(p, "POST", "/api/faqs", `{"questions":["c d"],"answer":"x","refuseClash":false}`).is(201)
	})
	t.Run("it is asked about the FAQ as it would be", func(t *testing.T) {
		var asked []domain.FAQ
		w.breaks = func(f domain.FAQ) bool { asked = append(asked, f); return false }
		defer func() { w.breaks = nil }()
		w.askAs(p, "PATCH", path, `{"questions":["How much?"],"enabled":false}`).is(200)
		w.askAs(p, "POST", "/api/faqs", `{"questions":["e f"],"answer":"x","onlyWhenSure":true}`).is(201)
		if len(asked) != 2 || asked[0].ID != delivery || asked[0].Enabled || asked[0].Questions[0] != "How much?" ||
			asked[1].ID == "" || asked[1].ID == delivery || !asked[1].Enabled || !asked[1].OnlyWhenSure {
			t.Fatalf("%+v", asked)
		}
		if failing := into[faqTestsBody](w.askAs(p, "GET", "/api/faqs/tests", nil).is(200)).Tests; len(failing) != 1 || failing[0].Passes {
			t.Fatalf("%+v", failing)
		}
	})
	t.Run("of two changes at once, the second is judged knowing the first", func(t *testing.T) {
		judged := 0
		w.breaks = func(f domain.FAQ) bool {
			if judged++; judged == 1 {
				w.askAs(p, "PATCH", other, `{"questions":["Where are you now?"],"refuseClash":false}`).is(200)
				return false
			}
			return true
		}
		defer func() { w.breaks = nil }()
		w.askAs(p, "PATCH", path, `{"questions":["i j"]}`).refuses(409, "faq.tests_fail")
		if judged != 2 {
			t.Fatalf("judged %d times", judged)
		}
	})
	t.Run("a clash and a broken test are told together", func(t *testing.T) {
		w.breaks, w.clash = func(domain.FAQ) bool { return true }, delivery
		defer func() { w.breaks, w.clash = nil, "" }()
		problem := w.askAs(p, "POST", "/api/faqs", `{"questions":["g h"],"answer":"x","refuseClash":true}`).refuses(409, "faq.clash")
		if !strings.Contains(problem.Detail, "nearer to “How much?”") || !strings.HasSuffix(problem.Detail, "1 test now fails: “how much una dey charge”.") || len(problem.FailingTests) != 1 {
			t.Fatalf("%+v", problem)
		}
	})
	t.Run("a workspace holds a hundred, in all its FAQs", func(t *testing.T) {
		for n := 1; n < domain.MaxTests; n++ {
			w.askAs(p, "POST", other+"/tests", fmt.Sprintf(`{"text":"question %d"}`, n)).is(201)
		}
		w.askAs(p, "POST", path+"/tests", `{"text":"one more"}`).refuses(409, "faq.tests_full")
		w.breaks = func(domain.FAQ) bool { return true }
		defer func() { w.breaks = nil }()
		problem := w.askAs(p, "DELETE", other, nil).refuses(409, "faq.tests_fail")
		if !strings.HasPrefix(problem.Detail, "100 tests now fail: “how much una dey charge”, “question 1”, ") || !strings.Contains(problem.Detail, "” and 95 more. ") || len(problem.FailingTests) != 100 {
			t.Fatalf("%+v", problem)
		}
	})
	t.Run("a removed one is gone, and room again", func(t *testing.T) {
		w.askAs(p, "DELETE", path+"/tests/"+saved[0].ID, nil).is(204)
		w.askAs(p, "DELETE", path+"/tests/"+saved[0].ID, nil).is(204)
		w.askAs(p, "POST", path+"/tests", `{"text":"one more"}`).is(201)
	})
	t.Run("a deleted FAQ takes its own along", func(t *testing.T) {
		gone := w.askAs(p, "DELETE", other+"?refuseClash=false", nil).is(204).header.Get("X-Position")
		if left := into[faqTestsBody](w.askAs(p, "GET", "/api/faqs/tests?after="+gone, nil).is(200)).Tests; len(left) != 1 || left[0].Text != "one more" {
			t.Fatalf("%d are left, the first %+v", len(left), left[0])
		}
		w.askAs(p, "POST", other+"/tests", `{"text":"one more time"}`).refuses(404, "faq.not_found")
	})
	w.askAs(p, "POST", path+"/tests", `{"text":" "}`).refuses(400, "faq.no_test")
	w.askAs(p, "POST", path+"/tests", `{"text":"`+strings.Repeat("x", 301)+`"}`).refuses(400, "faq.test_too_long")
}
