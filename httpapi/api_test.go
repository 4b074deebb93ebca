package httpapi

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/lib/pq"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"switchboard.example/domain"
)

func TestConnecting(t *testing.T) {
	t.Parallel()
	heard := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(c *Config) { c.Heard = func(context.Context, domain.WorkspaceID) time.Time { return heard } })
	p := w.signUp("ada@example.com")
	status := func(a answer) statusBody { return into[statusBody](a) }
	t.Run("a new workspace was never linked", func(t *testing.T) {
		got := status(w.askAs(p, "GET", "/api/whatsapp/status", nil).is(200))
		if got.Connected || got.Status != domain.Disconnected || got.Reason != domain.ReasonNeverLinked || got.Phone != nil || !got.LastHeardAt.Equal(heard) || got.WorkspaceID != p.account.WorkspaceID {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("asking connects, and asking twice changes nothing", func(t *testing.T) {
		first := w.askAs(p, "POST", "/api/whatsapp/connect", nil).is(202)
		if got := status(first); got.Status != domain.Connecting || first.header.Get("X-Position") == "0" {
			t.Fatalf("got %+v at %s", got, first.header.Get("X-Position"))
		}
		if again := w.askAs(p, "POST", "/api/whatsapp/connect", `{"method":"qr"}`).is(202); again.header.Get("X-Position") != "0" {
			t.Fatalf("X-Position is %q", again.header.Get("X-Position"))
		}
	})
	t.Run("a pairing code needs a number, in whatever way people write it", func(t *testing.T) {
		x := *w
		x.T = t
		got := x.askAs(p, "POST", "/api/whatsapp/connect", `{"method":"code","phone":"080 not a number"}`).refuses(400, "phone.invalid")
		if got.Errors[0].Field != "phone" {
			t.Fatalf("got %+v", got)
		}
		x.askAs(p, "POST", "/api/whatsapp/connect", `{"method":"pigeon"}`).refuses(400, "method.unknown")
		made := status(x.askAs(p, "POST", "/api/whatsapp/connect", `{"method":"code","phone":"+234 (803) 000-0001"}`).is(202))
		if made.Phone == nil || *made.Phone != "+2348030000001" {
			t.Fatalf("got %+v", made)
		}
	})
	t.Run("pausing says until when, and for ever as the end of time", func(t *testing.T) {
		if got := status(w.askAs(p, "POST", "/api/bot/pause", `{"minutes":30}`).is(200)); !got.BotPausedUntil.Equal(w.clock.Now().Add(30 * time.Minute)) {
			t.Fatalf("got %+v", got)
		}
		if got := status(w.askAs(p, "POST", "/api/bot/pause", nil).is(200)); got.BotPausedUntil.Year() != 9999 {
			t.Fatalf("got %+v", got)
		}
		if got := status(w.askAs(p, "POST", "/api/bot/resume", nil).is(200)); got.BotPausedUntil != nil {
			t.Fatalf("got %+v", got)
		}
		w.askAs(p, "POST", "/api/bot/pause", `{"minutes":0}`).refuses(400, "minutes.invalid")
	})
	t.Run("cancelling disconnects", func(t *testing.T) {
		if got := status(w.askAs(p, "POST", "/api/whatsapp/disconnect", `{"unlink":true}`).is(202)); got.Reason != domain.ReasonCancelled {
			t.Fatalf("got %+v", got)
		}
	})
}

func TestTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	w.askAs(p, "GET", "/api/whatsapp/qr", nil).refuses(404, "qr.none")
	w.askAs(p, "POST", "/api/whatsapp/connect", map[string]any{}).is(202)
	text := "2@" + strings.Repeat("aB3+/=,", 30)
	w.code = &LinkCode{QR: text, Attempt: 2, Of: 6, ExpiresAt: w.clock.Now().Add(20 * time.Second)}
	t.Run("is there as text", func(t *testing.T) {
		got := into[linkCodeBody](w.askAs(p, "GET", "/api/whatsapp/qr", nil).is(200))
		if *got.Code != text || got.PairingCode != nil || got.Attempt != 2 || got.Of != 6 {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("is there as a picture that a phone can read", func(t *testing.T) {
		a := w.askAs(p, "GET", "/api/whatsapp/qr", nil, "Accept", "image/png, */*").is(200)
		picture, err := png.Decode(bytes.NewReader(a.body))
		w.must(err)
		if picture.Bounds().Dx() < 240 || a.header.Get("Content-Type") != "image/png" || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%v %v", picture.Bounds(), a.header)
		}
		bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
		w.must(err)
		read, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
		w.must(err)
		if read.GetText() != text {
			t.Fatalf("reads %q", read.GetText())
		}
	})
	t.Run("is gone when it has expired", func(t *testing.T) {
		w.clock.pass(20 * time.Second)
		w.askAs(p, "GET", "/api/whatsapp/qr", nil).refuses(404, "qr.none")
	})
	t.Run("to be typed has no picture", func(t *testing.T) {
		w.code = &LinkCode{PairingCode: "K7QF-29XD", ExpiresAt: w.clock.Now().Add(time.Minute)}
		if got := into[linkCodeBody](w.askAs(p, "GET", "/api/whatsapp/qr", nil).is(200)); *got.PairingCode != "K7QF-29XD" || got.Code != nil {
			t.Fatalf("got %+v", got)
		}
		w.askAs(p, "GET", "/api/whatsapp/qr", nil, "Accept", "image/png").refuses(404, "qr.none")
	})
	t.Run("is gone the moment linking is cancelled", func(t *testing.T) {
		w.askAs(p, "GET", "/api/whatsapp/qr", nil).is(200)
		w.askAs(p, "POST", "/api/whatsapp/disconnect", map[string]any{}).is(202)
		w.askAs(p, "GET", "/api/whatsapp/qr", nil).refuses(404, "qr.none")
	})
}

func TestFAQs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	made := into[faqBody](w.askAs(p, "POST", "/api/faqs", `{"questions":["How much?","how  much?"," Price? "],"answer":" ₦1,500 "}`).is(201))
	if diff := cmp.Diff([]string{"How much?", "Price?"}, made.Questions); diff != "" || made.Number != 1 || !made.Enabled || made.Answer != "₦1,500" || made.Revision != 1 {
		t.Fatalf("got %+v", made)
	}
	path := "/api/faqs/" + string(made.ID)
	t.Run("a change keeps what is left out", func(t *testing.T) {
		got := into[faqBody](w.askAs(p, "PATCH", path, `{"answer":"₦2,000","enabled":false,"revision":1}`).is(200))
		if got.Answer != "₦2,000" || got.Enabled || len(got.Questions) != 2 || got.Revision != 2 {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("a change made on an older one is refused", func(t *testing.T) {
		w.askAs(p, "PATCH", path, `{"answer":"₦3,000","revision":1}`).refuses(409, "faq.changed")
	})
	t.Run("an answer in Pidgin is kept beside the other, and taken away", func(t *testing.T) {
		if got := into[faqBody](w.askAs(p, "PATCH", path, `{"pidginAnswer":" Na 2k. "}`).is(200)); got.PidginAnswer == nil || *got.PidginAnswer != "Na 2k." || got.Answer != "₦2,000" {
			t.Fatalf("got %+v", got)
		}
		if got := into[faqBody](w.askAs(p, "PATCH", path, `{"pidginAnswer":""}`).is(200)); got.PidginAnswer != nil {
			t.Fatalf("got %+v", got)
		}
		w.askAs(p, "PATCH", path, `{"pidginAnswer":"`+strings.Repeat("x", 4097)+`"}`).refuses(400, "faq.answer_too_long")
		drafts := into[draftsBody](w.askAs(p, "POST", "/api/faqs/import", `{"text":"Q: How much?\nA: 2k.\nTwo lines.\nPidgin: Na 2k.\nNo more.\nQ: Where?\nA: Here."}`).is(200)).Drafts
		if len(drafts) != 2 || *drafts[0].PidginAnswer != "Na 2k.\nNo more." || drafts[0].Answer != "2k.\nTwo lines." || drafts[1].PidginAnswer != nil {
			t.Fatalf("%+v", drafts)
		}
	})
	t.Run("wordings nearer to another FAQ are refused where that is asked for, with its name", func(t *testing.T) {
		other := into[faqBody](w.askAs(p, "POST", "/api/faqs", `{"questions":["Do you deliver?"],"answer":"Yes"}`).is(201))
		w.clash = other.ID
		defer func() { w.clash = "" }()
		said := w.askAs(p, "PATCH", path, `{"questions":["How much?","Price?","price of delivery"],"refuseClash":true}`).refuses(409, "faq.clash").Detail
		if !strings.Contains(said, "“price of delivery” is nearer to “Do you deliver?”") {
			t.Fatal(said)
		}
		w.askAs(p, "POST", "/api/faqs", `{"questions":["price of delivery"],"answer":"x","refuseClash":true}`).refuses(409, "faq.clash")
		if kept := into[faqBody](w.askAs(p, "PATCH", path, `{"questions":["How much?","Price?"],"refuseClash":true}`).is(200)); len(kept.Questions) != 2 {
			t.Fatalf("wordings it has are no news: %+v", kept)
		}
		if kept := into[faqBody](w.askAs(p, "PATCH", path, `{"questions":["How much?","Price?","price of delivery"]}`).is(200)); len(kept.Questions) != 3 {
			t.Fatalf("not asked for, not refused: %+v", kept)
		}
	})
	for name, c := range map[string]struct{ body, code, field string }{
		"no answer":           {`{"questions":["a b"]}`, "faq.no_answer", "answer"},
		"no question":         {`{"questions":[" "],"answer":"x"}`, "faq.no_question", "questions"},
		"a question too long": {`{"questions":["` + strings.Repeat("x", 301) + `"],"answer":"x"}`, "faq.question_too_long", "questions"},
		"21 questions":        {`{"questions":["q` + strings.Join(strings.Split("abcdefghijklmnopqrstu", ""), `","q`) + `"],"answer":"x"}`, "faq.too_many_questions", "questions"},
		"an unknown field":    {`{"questions":["a b"],"answer":"x","workspaceId":"other"}`, "field.unknown", "workspaceId"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			x := *w
			x.T = t
			if got := x.askAs(p, "POST", "/api/faqs", c.body).refuses(400, c.code); got.Errors[0].Field != c.field {
				t.Fatalf("got %+v", got)
			}
		})
	}
	t.Run("a zero byte is no text", func(t *testing.T) {
		w.askAs(p, "POST", "/api/faqs", `{"questions":["a\u0000b"],"answer":"x"}`).refuses(400, "body.text")
	})
	t.Run("numbers are never given again", func(t *testing.T) {
		w.askAs(p, "DELETE", path, nil).is(204)
		if again := into[faqBody](w.askAs(p, "POST", "/api/faqs", `{"questions":["Where?"],"answer":"Here"}`).is(201)); again.Number < 2 {
			t.Fatalf("got %+v", again)
		}
		w.askAs(p, "PATCH", path, `{"answer":"x"}`).refuses(404, "faq.not_found")
		w.askAs(p, "GET", "/api/faqs/nonsense", nil).refuses(404, "faq.not_found")
	})
}

func TestReadingWhatWasImported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []draftBody
	}{
		"Q and A": {"Q: How much?\nQ: Price?\nA: ₦1,500\nper plate\n\nQ: Where?\nA: Yaba", []draftBody{
			{[]string{"How much?", "Price?"}, "₦1,500\nper plate", nil}, {[]string{"Where?"}, "Yaba", nil},
		}},
		"written out":                    {"Question 1: Do you deliver?\r\nAnswer 1: Yes\r\n", []draftBody{{[]string{"Do you deliver?"}, "Yes", nil}}},
		"a list":                         {"1. How much?\n₦1,500\n2) Where?\nYaba", []draftBody{{[]string{"How much?"}, "₦1,500", nil}, {[]string{"Where?"}, "Yaba", nil}}},
		"a chat":                         {"[23/11/2026, 12:01] Bola: How much?\n[23/11/2026, 12:02] Ada: ₦1,500", []draftBody{{[]string{"How much?"}, "₦1,500", nil}}},
		"a question without an answer":   {"Q: How much?\nQ:", nil},
		"text without any question":      {"We are open.", nil},
		"a colon is no mark by itself":   {"Opening hours?\nMonday: 9 to 5", []draftBody{{[]string{"Opening hours?"}, "Monday: 9 to 5", nil}}},
		"an answer that asks is no more": {"Q: Size?\nA: Which one?\nQ: Where?\nA: Yaba", []draftBody{{[]string{"Size?"}, "Which one?", nil}, {[]string{"Where?"}, "Yaba", nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, readDrafts(c.text)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func FuzzReadingDraftsNeverPanics(f *testing.F) {
	f.Add("Q: a?\nA: b")
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range readDrafts(text) {
			if len(d.Questions) == 0 || len(d.Questions) > domain.MaxWordings || strings.TrimSpace(d.Answer) == "" {
				t.Fatalf("got %+v", d)
			}
		}
	})
}

func FuzzCursorsAreRefusedOrRead(f *testing.F) {
	f.Add(*cursor{Time: time.Unix(1, 0), Position: 3}.text())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := cursorOf(text); err == nil && text != "" && c.Time.IsZero() {
			t.Fatalf("%q reads as nothing", text)
		}
	})
}

func TestInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.furnish()
	list := into[conversationPageBody](w.askAs(f.person, "GET", "/api/conversations?filter=needs_you", nil).is(200))
	if len(list.Conversations) != 1 || *list.Conversations[0].Customer.Name != "Bola" || *list.Conversations[0].Customer.Phone != "+2348030000001" ||
		list.Conversations[0].LastMessage.Author != "bot" || *list.Conversations[0].Asked != "do you deliver?" || list.Conversations[0].WaitingSince == nil {
		t.Fatalf("got %+v", list)
	}
	page := into[messagePageBody](w.askAs(f.person, "GET", "/api/conversations/"+string(f.customer)+"/messages", nil).is(200))
	if len(page.Messages) != 2 || page.Messages[0].Text != "do you deliver?" || page.Messages[1].Why.Decision != "fallback" || page.Messages[1].Status != "queued" {
		t.Fatalf("got %+v", page)
	}
	clusters := into[unansweredBody](w.askAs(f.person, "GET", "/api/unanswered", nil).is(200))
	if len(clusters.Clusters) != 1 || clusters.Clusters[0].People != 1 {
		t.Fatalf("got %+v", clusters)
	}
	w.askAs(f.person, "GET", "/api/conversations?filter=everything", nil).refuses(400, "filter.unknown")
	w.askAs(f.person, "GET", "/api/conversations?cursor=nonsense", nil).refuses(400, "cursor.invalid")
	w.askAs(f.person, "GET", "/api/conversations/nobody/messages", nil).refuses(404, "conversation.not_found")
}

func TestAnalytics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.furnish()
	from := w.clock.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	to := w.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	got := into[analyticsBody](w.askAs(f.person, "GET", "/api/analytics?from="+from+"&to="+to, nil).is(200))
	if got.Customers != 1 || got.Messages != 1 || got.AnsweredByBot != 0 || *got.AnsweredShare != 0 || got.MedianReplyMs != nil {
		t.Fatalf("got %+v", got)
	}
	sum := int64(0)
	for _, p := range got.Series {
		sum += p.Messages
	}
	if sum != 1 || len(got.Series) != 3 {
		t.Fatalf("the series does not add up: %+v", got.Series)
	}
	days := into[analyticsBody](w.askAs(f.person, "GET", "/api/analytics?from=2026-01-01T00:00:00Z&to=2026-01-31T00:00:00Z", nil).is(200))
	if n := len(days.Series); n < 30 || n > 32 {
		t.Fatalf("a month has %d days", n)
	}
	w.askAs(f.person, "GET", "/api/analytics", nil).is(200)
	w.askAs(f.person, "GET", "/api/analytics?from=yesterday", nil).refuses(400, "time.invalid")
	w.askAs(f.person, "GET", "/api/analytics?from="+to+"&to="+from, nil).refuses(400, "span.invalid")
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.furnish()
	newest := into[auditPageBody](w.askAs(f.person, "GET", "/api/audit/events?limit=2", nil).is(200))
	if len(newest.Events) != 2 || newest.Events[0].Position < newest.Events[1].Position || newest.Next == nil {
		t.Fatalf("got %+v", newest)
	}
	all := into[auditPageBody](w.askAs(f.person, "GET", "/api/audit/events?after=0&limit=200", nil).is(200))
	if all.Events[0].Type != "workspace.registered" || all.Next != nil {
		t.Fatalf("got %+v", all)
	}
	for _, e := range all.Events {
		if text := string(e.Data) + e.Sentence; strings.Contains(text, "deliver?") || strings.Contains(text, "2348030000001") || strings.Contains(text, "Bola") {
			t.Errorf("%s shows something personal: %s", e.Type, text)
		}
	}
	only := into[auditPageBody](w.askAs(f.person, "GET", "/api/audit/events?type=faq", nil).is(200))
	if len(only.Events) != 3 || only.Events[0].Type != "faq.test_saved" || only.Events[1].Type != "faq.knowledge_changed" || only.Events[2].Type != "faq.added" {
		t.Fatalf("got %+v", only)
	}
	w.askAs(f.person, "GET", "/api/audit/events?limit=1000", nil).refuses(400, "parameter.invalid")
}

func TestThePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.furnish()
	boss := w.as(w.signUp("boss@example.com"), domain.RolePlatformAdmin)
	list := into[adminListBody](w.askAs(boss, "GET", "/api/admin/workspaces", nil).is(200))
	if len(list.Workspaces) != 2 {
		t.Fatalf("got %+v", list)
	}
	for _, one := range list.Workspaces {
		if one.ID == shop.account.WorkspaceID && (one.Messages24h != 1 || !one.Serving || *one.OwnerEmail != "ada@example.com") {
			t.Fatalf("got %+v", one)
		}
	}
	path := "/api/admin/workspaces/" + string(shop.account.WorkspaceID) + "/commands"
	got := into[adminResultBody](w.askAs(boss, "POST", path, `{"command":"set_plan","args":{"plan":"active","until":"2027-01-01T00:00:00Z"},"reason":"paid"}`).is(200))
	if diff := cmp.Diff([]string{"workspace.plan_changed", "admin.command_issued"}, got.Events); diff != "" || got.Position == 0 {
		t.Fatalf("%+v: %s", got, diff)
	}
	w.askAs(boss, "POST", path, `{"command":"dance","reason":"why not"}`).refuses(400, "command.unknown")
	w.askAs(boss, "POST", path, `{"command":"pause","reason":""}`).refuses(400, "field.missing")
	w.askAs(boss, "POST", "/api/admin/workspaces/nowhere/commands", `{"command":"pause","reason":"x"}`).refuses(404, "workspace.not_found")
	if plan := into[meBody](w.askAs(shop.person, "GET", "/api/me?after="+fmt.Sprint(got.Position), nil).is(200)).Workspace.Plan.State; plan != domain.Active {
		t.Fatalf("got %s", plan)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	w.askAs(p, "POST", "/api/faqs/import", `{"text":"`+strings.Repeat("x", maxBody)+`"}`).refuses(413, "body.too_large")
	w.askAs(p, "POST", "/api/faqs/test", `{"text":"`+strings.Repeat("x", maxTestText+1)+`"}`).refuses(400, "field.too_long")
	w.askAs(p, "POST", "/api/faqs/test", `{"text":"x"} {}`).refuses(400, "body.invalid")
	w.askAs(p, "POST", "/api/faqs/test", `{"text":`).refuses(400, "body.invalid")
	w.askAs(p, "POST", "/api/faqs/test", `{"text":"x"}`, "Content-Type", "text/plain").refuses(415, "body.not_json")
	w.askAs(p, "POST", "/api/faqs/test", strings.Repeat("[", 10_000)).refuses(400, "body.invalid")
	w.askAs(p, "PATCH", "/api/settings", `{}`).refuses(400, "settings.nothing")
	w.askAs(p, "PATCH", "/api/settings", `{"timezone":"Mars/Olympus"}`).refuses(400, "timezone.unknown")
	if got := w.askAs(p, "PATCH", "/api/settings", `{"name":" "}`).refuses(400, "business_name.invalid"); got.Errors[0].Field != "name" {
		t.Fatalf("got %+v", got)
	}
	w.askAs(p, "GET", "/api/me?after=-1", nil).refuses(400, "parameter.invalid")
	if got := into[settingsBody](w.askAs(p, "PATCH", "/api/settings", `{"name":"Bola's","numberUse":"mixed","onboardingStep":"faqs"}`).is(200)); got.Name != "Bola's" ||
		got.Onboarding.NumberUse != "mixed" || got.Onboarding.Step != "faqs" {
		t.Fatalf("got %+v", got)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want problem
	}{
		"a refusal": {domain.Forbidden("workspace.suspended", "This workspace is suspended."), problem{
			Type: "/problems/workspace.suspended", Title: "Forbidden", Status: 403, Detail: "This workspace is suspended.", Code: "workspace.suspended",
		}},
		"a refused field, wrapped": {fmt.Errorf("x: %w", domain.InvalidField("phone", "phone.invalid", "Type it again.")), problem{
			Type: "/problems/phone.invalid", Title: "Bad Request", Status: 400, Detail: "Type it again.", Code: "phone.invalid",
			Errors: []fieldProblem{{"phone", "Type it again."}},
		}},
		"no route": {echo.ErrNotFound, problem{Type: "/problems/not_found", Title: "Not Found", Status: 404, Detail: "There is nothing at this address.", Code: "not_found"}},
		"no database": {fmt.Errorf("x: %w", driver.ErrBadConn), problem{
			Type: "/problems/database.away", Title: "Service Unavailable", Status: 503, Code: "database.away",
			Detail: "We cannot reach our database right now. Nothing is lost; please try again in a moment.",
		}},
		"anything else": {errors.New(`pq: relation "secret_table" does not exist`), problem{
			Type: "/problems/internal", Title: "Internal Server Error", Status: 500, Code: "internal",
			Detail: "Something went wrong on our side. Please try again; if it stays like this, tell us the request's id.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := problemOf(c.err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
	for kind, status := range map[domain.Kind]int{
		domain.Invalid: 400, domain.Unauthorized: 401, domain.Denied: 403, domain.NotFound: 404, domain.Conflict: 409, domain.TooMany: 429, domain.Unavailable: 503,
	} {
		if got := statusOf(kind); got != status {
			t.Errorf("%s is %d", kind, got)
		}
	}
}

func TestFaultsTellNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(c *Config) { c.Logger = loggingTo(&log) })
	p := w.signUp("ada@example.com")
	w.dbAway = errors.New(`pq: column "password_hash" does not exist`)
	a := w.askAs(p, "GET", "/api/me", nil)
	got := a.refuses(500, "internal")
	if strings.Contains(string(a.body), "password_hash") || got.RequestID == "" || got.RequestID != a.header.Get("X-Request-Id") {
		t.Fatalf("got %s", a.body)
	}
	var line map[string]any
	w.must(json.Unmarshal(log.Bytes(), &line))
	if line["request_id"] != got.RequestID || !strings.Contains(fmt.Sprint(line["error"]), "password_hash") {
		t.Fatalf("logged %v", line)
	}
	w.dbAway = driver.ErrBadConn
	away := w.askAs(p, "GET", "/api/me", nil)
	away.refuses(503, "database.away")
	if away.header.Get("Retry-After") == "" {
		t.Fatal("nobody says when to come again")
	}
}

// lines is a log that a test reads line by line.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestAClientThatLeavesIsNoFault(t *testing.T) {
	t.Parallel()
	log := make(lines, 10)
	w := newWorld(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := w.signUp("ada@example.com")
	for name, said := range map[string]error{
		"the connection that was given up": driver.ErrBadConn,
		"the statement that was stopped":   fmt.Errorf("read: %w", &pq.Error{Code: "57014"}),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			w.slowRead = func(asked context.Context) error {
				leave()
				<-asked.Done()
				return said
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/api/me", nil)
			w.must(err)
			r.Header.Set("Authorization", "Bearer "+p.token)
			if answer, err := http.DefaultClient.Do(r); err == nil {
				_ = answer.Body.Close()
				t.Fatal("the client did not leave")
			}
			line := <-log
			if !strings.Contains(line, `"level":"DEBUG"`) || !strings.Contains(line, "the client left") {
				t.Errorf("logged %s", line)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Ready = func(context.Context) error { return driver.ErrBadConn } })
	w.ask("GET", "/livez", nil).is(http.StatusOK)
	w.ask("GET", "/readyz", nil).refuses(503, "not_ready")
}
