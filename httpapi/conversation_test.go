package httpapi

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func TestSettingsOfTheConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signUp("ada@example.com")
	fresh := into[settingsBody](w.askAs(ada, "GET", "/api/settings", nil).is(200))
	if fresh.Hours != nil || fresh.Away != nil || fresh.Greeting != nil || fresh.QuietMinutes != 60 || fresh.Audience != domain.AnswerEveryone || fresh.Alerts != "on" || fresh.WaitingMinutes != 15 || !fresh.ReadReceipts {
		t.Fatalf("a new workspace has %+v", fresh)
	}
	set := func(body string) settingsBody {
		t.Helper()
		return into[settingsBody](w.askAs(ada, "PATCH", "/api/settings", body).is(200))
	}
	got := set(`{"hours":[{"day":1,"from":540,"to":780},{"day":1,"from":840,"to":1080},{"day":6,"from":1320,"to":360}],"quietMinutes":0,"alerts":"22-7","waitingMinutes":45}`)
	if len(got.Hours) != 3 || got.QuietMinutes != 0 || got.Alerts != "22-7" || got.WaitingMinutes != 45 {
		t.Fatalf("%+v", got)
	}
	if got = set(`{"hours":[]}`); got.Hours == nil || len(got.Hours) != 0 {
		t.Fatal("a week without opening is not the same as always open")
	}
	if got = set(`{"hours":null}`); got.Hours != nil {
		t.Fatal("null is always open")
	}
	set(`{"away":"Back at nine","greeting":""}`)
	if got = set(`{"away":null}`); got.Away != nil || got.Greeting == nil || *got.Greeting != "" {
		t.Fatalf("one text became the standard one and took the other with it: %+v", got)
	}
	if got = set(`{"holiday":{"until":"2027-01-02T00:00:00Z","text":"Merry Christmas"}}`); got.Holiday == nil || got.Holiday.Text != "Merry Christmas" {
		t.Fatalf("%+v", got)
	}
	if got = set(`{"readReceipts":false}`); got.ReadReceipts {
		t.Fatal("messages count as read")
	}
	if got = set(`{"holiday":null}`); got.Holiday != nil {
		t.Fatal("the holiday goes on")
	}
	if got = set(`{"numberUse":"mixed"}`); got.Audience != domain.AnswerUnsaved {
		t.Fatal("a mixed number answers saved contacts")
	}
	w.askAs(ada, "PATCH", "/api/settings", `{"quietMinutes":17}`).refuses(400, "quiet.unknown")
	if got = set(`{"menu":[]}`); got.Menu == nil || len(got.Menu) != 0 {
		t.Fatalf("%+v", got.Menu)
	}
	w.askAs(ada, "PATCH", "/api/settings", `{"menu":["f3","f3"]}`).refuses(400, "menu.invalid")
	w.askAs(ada, "PATCH", "/api/settings", `{"waitingMinutes":4}`).refuses(400, "waiting.invalid")
	w.askAs(ada, "PATCH", "/api/settings", `{"alerts":"soon"}`).refuses(400, "alerts.unknown")
	w.askAs(ada, "PATCH", "/api/settings", `{"hours":[{"day":9,"from":0,"to":1}]}`).refuses(400, "hours.invalid")
	w.askAs(ada, "PATCH", "/api/settings", `{}`).refuses(400, "settings.nothing")
}

func TestAPersonTakesAChatOverAndGivesItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	chat := "/api/conversations/" + string(ada.customer)
	taken := into[conversationBody](w.askAs(ada.person, "POST", chat+"/takeover", `{"minutes":240}`).is(200))
	if taken.State != "human" || taken.QuietUntil == nil || !taken.QuietUntil.Equal(w.clock.Now().Add(4*time.Hour).UTC()) {
		t.Fatalf("%+v", taken)
	}
	if back := into[conversationBody](w.askAs(ada.person, "POST", chat+"/giveback", nil).is(200)); back.QuietUntil != nil {
		t.Fatalf("%+v", back)
	}
	const key = `"key":"0d6f5a52-8f0e-4c0a-9b8e-3f5f6a1b2c3d"`
	w.clock.pass(time.Minute)
	for range 2 { // the second is a browser that never heard the first answer
		wrote := into[conversationBody](w.askAs(ada.person, "POST", chat+"/messages", `{"text":"Yes, we do",`+key+`}`).is(202))
		if wrote.State != "human" || wrote.LastMessage.Author != "dashboard" {
			t.Fatalf("%+v", wrote)
		}
	}
	thread := string(w.askAs(ada.person, "GET", chat+"/messages", nil).is(200).body)
	if strings.Count(thread, "Yes, we do") != 2 { // in the thread, and as the conversation's last message
		t.Fatal(thread)
	}
	bola := w.as(ada.person, domain.RoleAgent)
	for reader, you := range map[string]bool{ada.token: true, bola.token: false} {
		page := into[messagePageBody](w.askAs(person{token: reader}, "GET", chat+"/messages", nil).is(200))
		if last := page.Messages[len(page.Messages)-1]; last.Member == nil || last.Member.Name != ada.account.Email || last.Member.You != you {
			t.Errorf("who wrote it, to its writer %v: %+v", you, last.Member)
		}
		if last := page.Conversation.LastMessage; last.Member == nil || last.Member.You != you {
			t.Errorf("who wrote last in the chat, to its writer %v: %+v", you, last.Member)
		}
		wrote := page.Messages[len(page.Messages)-1].At
		older := into[messagePageBody](w.askAs(person{token: reader}, "GET", chat+"/messages?before="+*cursor{Time: wrote, Position: 1}.text(), nil).is(200))
		if last := older.Conversation.LastMessage; len(older.Messages) == 0 || last.Member == nil || last.Member.You != you {
			t.Errorf("who wrote last, above older messages, to its writer %v: %+v", you, last.Member)
		}
		if first := page.Messages[0]; first.Member != nil {
			t.Errorf("a customer is no member: %+v", first)
		}
		inbox := into[conversationPageBody](w.askAs(person{token: reader}, "GET", "/api/conversations", nil).is(200)).Conversations
		if last := inbox[0].LastMessage; last.Member == nil || last.Member.Name != ada.account.Email || last.Member.You != you {
			t.Errorf("who wrote it, in the inbox of its writer %v: %+v", you, last.Member)
		}
	}
	w.askAs(ada.person, "POST", chat+"/messages", `{"text":""}`).is(400)
	w.askAs(ada.person, "POST", chat+"/takeover", `{"minutes":0}`).refuses(400, "minutes.range")
	ever := into[conversationBody](w.askAs(ada.person, "POST", chat+"/takeover", `{"always":true}`).is(200))
	if ever.QuietUntil == nil || ever.QuietUntil.Before(w.clock.Now().AddDate(50, 0, 0)) {
		t.Fatalf("%+v", ever)
	}
	if back := into[conversationBody](w.askAs(ada.person, "POST", chat+"/giveback", nil).is(200)); back.QuietUntil != nil {
		t.Fatalf("%+v", back)
	}
}

func TestAChatShowsWhatNobodyWroteAndWhatNobodyCanRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	shop, sender := ada.account.WorkspaceID, commands.Sender{Addresses: []string{"2348030000001@s.whatsapp.net"}}
	w.must(w.handler.SeeIdentityChange(t.Context(), commands.SeeIdentityChange{WorkspaceID: shop, Of: sender, At: w.clock.Now().Add(time.Minute)}))
	log, err := w.handler.Store.Load(t.Context(), domain.ConversationStream(shop, ada.customer), 0)
	w.must(err)
	for _, r := range log {
		if e, ok := r.Event.(domain.ReplyQueued); ok {
			w.must(w.handler.ReceiveRetryRequest(t.Context(), commands.RetryRequest{WorkspaceID: shop, From: sender, MessageID: e.WhatsAppID, Count: 5, At: w.clock.Now()}))
		}
	}
	log, err = w.handler.Store.Load(t.Context(), domain.ConversationStream(shop, ada.customer), 0)
	w.must(err)
	w.must(w.server.config.Waiter.Wait(t.Context(), modelThread, log[len(log)-1].Position))
	page := into[messagePageBody](w.askAs(ada.person, "GET", "/api/conversations/"+string(ada.customer)+"/messages", nil).is(200))
	if len(page.Messages) != 3 || page.Messages[1].Status != "unreadable" || page.Messages[1].Notice != "" {
		t.Fatalf("%+v", page.Messages)
	}
	if m := page.Messages[2]; m.Notice != "identity_changed" || m.Direction != "in" || m.Text != "[security code changed]" {
		t.Fatalf("%+v", m)
	}
	if last := page.Conversation.LastMessage; last == nil || last.Text != "I asked the team." {
		t.Fatalf("the inbox shows %+v", last)
	}
}

func TestMissedQuestionsTeach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	const cluster = "/api/unanswered/c1"
	list := func() unansweredBody {
		return into[unansweredBody](w.askAs(ada.person, "GET", "/api/unanswered", nil).is(200))
	}

	gone := into[unansweredBody](w.askAs(ada.person, "POST", cluster+"/dismiss", nil).is(200))
	if len(gone.Clusters) != 0 || len(gone.Dismissed) != 1 || gone.Dismissed[0].Question != "do you deliver?" {
		t.Fatalf("%+v", gone)
	}
	back := into[unansweredBody](w.askAs(ada.person, "POST", cluster+"/restore", nil).is(200))
	if len(back.Clusters) != 1 || len(back.Dismissed) != 0 {
		t.Fatalf("undone: %+v", back)
	}

	w.clash = "00000000-0000-4000-8000-00000000000f"
	problem := w.askAs(ada.person, "POST", cluster+"/assign", `{"faqId":"`+string(ada.faq)+`"}`).refuses(409, "faq.clash")
	if !strings.Contains(problem.Detail, "nearer to") {
		t.Fatal(problem.Detail)
	}
	taught := into[faqBody](w.askAs(ada.person, "POST", cluster+"/assign", `{"faqId":"`+string(ada.faq)+`","force":true}`).is(200))
	if len(taught.Questions) != 2 || taught.Questions[1] != "do you deliver?" || len(list().Clusters) != 0 {
		t.Fatalf("%+v", taught)
	}

	// Taking the wording away again is a change of the FAQ, and the owner's own words change without touching customers'.
	changed := into[faqBody](w.askAs(ada.person, "PATCH", "/api/faqs/"+string(ada.faq), `{"questions":["What does it cost?","do you deliver?"]}`).is(200))
	if len(changed.Questions) != 2 || changed.Questions[0] != "What does it cost?" {
		t.Fatalf("%+v", changed)
	}
	var plain int
	w.must(w.db.Get(&plain, `SELECT count(*) FROM events WHERE data::text LIKE '%do you deliver%'`))
	if plain != 0 {
		t.Fatal("a customer's words are in the log unsealed")
	}
	undone := into[faqBody](w.askAs(ada.person, "PATCH", "/api/faqs/"+string(ada.faq), `{"questions":["What does it cost?"]}`).is(200))
	if len(undone.Questions) != 1 {
		t.Fatalf("%+v", undone)
	}
	w.askAs(ada.person, "POST", cluster+"/assign", `{}`).refuses(400, "assign.what")
	w.askAs(ada.person, "POST", "/api/unanswered/nothing/dismiss", nil).refuses(404, "unanswered.not_found")
}

func TestWhatAPersonRepliedIsSuggestedUntilTheCustomerIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	suggested := func() *suggestionBody {
		t.Helper()
		w.must(w.server.config.Waiter.Wait(t.Context(), modelUnanswered, w.head()))
		w.must(w.server.config.Waiter.Wait(t.Context(), modelInbox, w.head()))
		list := into[unansweredBody](w.askAs(ada.person, "GET", "/api/unanswered", nil).is(200))
		if len(list.Clusters) != 1 {
			t.Fatalf("%+v", list)
		}
		return list.Clusters[0].SuggestedAnswer
	}
	if got := suggested(); got != nil {
		t.Fatalf("nobody replied: %+v", got)
	}
	w.clock.pass(time.Minute)
	replied := w.clock.Now()
	_, err := w.handler.ReceiveOwnerMessage(t.Context(), commands.ReceiveMessage{
		WorkspaceID: ada.account.WorkspaceID, From: commands.Sender{Addresses: []string{"2348030000001@s.whatsapp.net"}, Phone: "2348030000001"},
		MessageID: "O1", Kind: domain.KindText, Quotes: "M1", Text: "Yes Bola, to all of Lagos. Call 0803 000 0009.", SentAt: replied, ReplyTo: "2348030000001@s.whatsapp.net",
	}, false)
	w.must(err)
	name, phone := "Bola", "+2348030000001"
	want := &suggestionBody{
		Text: "Yes Bola, to all of Lagos. Call 0803 000 0009.", At: replied.UTC(), Author: domain.AuthorPhone, Customer: customerBody{Name: &name, Phone: &phone},
		People: 1, Different: 1, Personal: []string{"0803 000 0009", "Bola"}, CustomerID: ada.customer,
	}
	if diff := cmp.Diff(want, suggested()); diff != "" {
		t.Fatal(diff)
	}
	var faqs int
	w.must(w.db.Get(&faqs, `SELECT count(*) FROM events WHERE type = 'faq.added'`))
	if faqs != 1 {
		t.Fatal("a reply became an FAQ by itself")
	}
	about := domain.About{WorkspaceID: ada.account.WorkspaceID, CustomerID: ada.customer}
	_, err = w.store.Append(t.Context(), commands.AppendRequest{Workspace: about.WorkspaceID, Parts: []commands.Part{{
		Stream: domain.CustomerStream(about.WorkspaceID, about.CustomerID), Expected: commands.AnyVersion,
		Events: []domain.NewEvent{{ID: domain.EventID(uuid.NewString()), OccurredAt: w.clock.Now(), Event: domain.CustomerForgotten{About: about, ForgottenAt: w.clock.Now()}}},
	}}})
	w.must(err)
	if got := suggested(); got != nil {
		t.Fatalf("said to somebody who is forgotten: %+v", got)
	}
}

func TestAReplyThatIsDeclinedIsSuggestedNoMoreAndTheQuestionStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	w.clock.pass(time.Minute)
	says := func(id, text string) *suggestionBody {
		t.Helper()
		_, err := w.handler.ReceiveOwnerMessage(t.Context(), commands.ReceiveMessage{
			WorkspaceID: ada.account.WorkspaceID, From: commands.Sender{Addresses: []string{"2348030000001@s.whatsapp.net"}, Phone: "2348030000001"},
			MessageID: domain.MessageID(id), Kind: domain.KindText, Text: text, SentAt: w.clock.Now(), ReplyTo: "2348030000001@s.whatsapp.net",
		}, false)
		w.must(err)
		w.must(w.server.config.Waiter.Wait(t.Context(), modelUnanswered, w.head()))
		return into[unansweredBody](w.askAs(ada.person, "GET", "/api/unanswered", nil).is(200)).Clusters[0].SuggestedAnswer
	}
	if got := says("O1", "For you, yes."); got == nil || got.CustomerID != ada.customer {
		t.Fatalf("%+v", got)
	}
	left := into[unansweredBody](w.askAs(ada.person, "POST", "/api/unanswered/c1/decline", `{"customerId":"`+string(ada.customer)+`"}`).is(200))
	if len(left.Clusters) != 1 || left.Clusters[0].SuggestedAnswer != nil || len(left.Dismissed) != 0 {
		t.Fatalf("%+v", left)
	}
	if got := says("O2", "But only today."); got != nil {
		t.Fatalf("it comes back with the next words: %+v", got)
	}
	w.askAs(ada.person, "POST", "/api/unanswered/c1/decline", `{}`).refuses(400, "field.missing")
	w.askAs(ada.person, "POST", "/api/unanswered/nothing/decline", `{"customerId":"`+string(ada.customer)+`"}`).refuses(404, "unanswered.not_found")
}

func TestPhonesProveThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	offer := into[offerBody](w.askAs(ada.person, "POST", "/api/members", `{"phone":"+234 810 000 0001","role":"agent"}`).is(201))
	if offer.Phone != "+2348100000001" || len(offer.Code) != 6 {
		t.Fatalf("%+v", offer)
	}
	shop := ada.account.WorkspaceID
	prove := func(phone, text string) bool {
		t.Helper()
		_, proved, err := w.handler.ProveNumber(t.Context(), shop, phone, text)
		w.must(err)
		return proved
	}
	if prove("2348100000002", offer.Code) {
		t.Fatal("another phone proved it")
	}
	if !prove("2348100000001", offer.Code) {
		t.Fatal("the right code from the right phone is refused")
	}
	for range 5 {
		prove("2348100000001", "000000")
	}
	if prove("2348100000001", offer.Code) {
		t.Fatal("five wrong codes should be enough")
	}
	offer = into[offerBody](w.askAs(ada.person, "POST", "/api/members", `{"phone":"+2348100000001","role":"admin"}`).is(201))
	w.clock.pass(commands.CodeFor)
	if prove("2348100000001", offer.Code) {
		t.Fatal("the code is older than 15 minutes")
	}
	ada.person = w.renewed(ada.person)
	agent := w.as(ada.person, domain.RoleAdmin)
	if shown := into[memberListBody](w.askAs(agent, "GET", "/api/members", nil).is(200)); len(shown.Offered) != 0 {
		t.Fatal("codes are the owner's alone")
	}
	w.askAs(ada.person, "POST", "/api/members", `{"phone":"12","role":"agent"}`).is(400)
	w.askAs(ada.person, "POST", "/api/members", `{"phone":"+2348100000001","role":"owner"}`).refuses(400, "role.unknown")
}

func TestALinkSignsInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signUp("ada@example.com")
	link := func() string {
		t.Helper()
		address, ok, err := w.handler.SignIn.NewLink(t.Context(), ada.account.WorkspaceID, ada.account.MemberID, w.clock.Now().Add(10*time.Minute))
		w.must(err)
		_, token, found := strings.Cut(address, "/link#")
		if !ok || !found {
			t.Fatal(address)
		}
		return `{"token":"` + token + `"}`
	}
	token := link()
	if in := into[signedInBody](w.ask("POST", "/api/auth/link", token).is(200)); in.User.Email != "ada@example.com" {
		t.Fatalf("%+v", in)
	}
	w.ask("POST", "/api/auth/link", token).refuses(401, "link.used")
	old := link()
	w.clock.pass(10 * time.Minute)
	w.ask("POST", "/api/auth/link", old).refuses(401, "link.used")
	if _, ok, err := w.handler.SignIn.NewLink(t.Context(), "00000000-0000-4000-8000-00000000000f", ada.account.MemberID, w.clock.Now()); ok || err != nil {
		t.Fatal("a link into a workspace that is not theirs", err)
	}
}

func TestNumbersAreAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	shop := ada.account.WorkspaceID
	made := into[allowedBody](w.askAs(ada.person, "POST", "/api/allowed", `{"phone":"+234 803 000 0001"}`).is(201))
	if made.ID != ada.customer || *made.Phone != "+2348030000001" {
		t.Errorf("who wrote from that number is %s, not %+v", ada.customer, made)
	}
	again := into[allowedBody](w.askAs(ada.person, "POST", "/api/allowed", `{"phone":"2348030000001"}`).is(201))
	if again.ID != made.ID {
		t.Errorf("allowed twice: %+v", again)
	}
	shown := into[allowedListBody](w.askAs(ada.person, "GET", "/api/allowed", nil).is(200))
	if len(shown.People) != 2 || *shown.People[1].Name != "Bola" || shown.People[0].Name != nil || *shown.People[0].Phone != "+2348030000077" {
		t.Errorf("%+v", shown)
	}
	w.askAs(ada.person, "POST", "/api/allowed", `{"phone":"0803 000 0001"}`).refuses(400, "phone.invalid")
	w.askAs(ada.person, "DELETE", "/api/allowed/"+string(made.ID), nil).is(204)
	w.askAs(ada.person, "DELETE", "/api/allowed/"+string(made.ID), nil).is(204)
	w.askAs(ada.person, "DELETE", "/api/allowed/nobody", nil).refuses(404, "allowed.not_found")
	if shown := into[allowedListBody](w.askAs(ada.person, "GET", "/api/allowed", nil).is(200)); len(shown.People) != 1 {
		t.Errorf("%+v", shown)
	}

	wrote, err := w.handler.ReceiveMessage(t.Context(), commands.ReceiveMessage{
		WorkspaceID: shop, From: commands.Sender{Addresses: []string{"77@lid", "2348030000077@s.whatsapp.net"}, Phone: "2348030000077", Name: "Chi"},
		MessageID: "M2", Kind: domain.KindText, Text: "hello", SentAt: w.clock.Now(), ReplyTo: "77@lid",
	})
	w.must(err)
	if wrote != ada.allowed {
		t.Error("who was allowed before writing is somebody else")
	}
}

func TestOnlyFAQsThatAreThereArePinned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bisi := w.furnish(), w.signUp("bisi@example.com")
	second := into[faqBody](w.askAs(ada.person, "POST", "/api/faqs", `{"questions":["Where?"],"answer":"Here","enabled":false}`).is(201)).ID
	pin := func(ids ...domain.FAQID) answer {
		t.Helper()
		quoted := make([]string, len(ids))
		for i, id := range ids {
			quoted[i] = `"` + string(id) + `"`
		}
		return w.askAs(ada.person, "PATCH", "/api/settings", `{"menu":[`+strings.Join(quoted, ",")+`]}`)
	}
	menu := func() []domain.FAQID {
		t.Helper()
		return into[settingsBody](w.askAs(ada.person, "GET", "/api/settings", nil).is(200)).Menu
	}
	pin(second, ada.faq).is(200) // one that is off may wait there
	if got := menu(); !slices.Equal(got, []domain.FAQID{second, ada.faq}) {
		t.Fatalf("%v", got)
	}
	if p := pin("f9", ada.faq).refuses(400, "menu.unknown"); !strings.Contains(p.Detail, "Reload the page") || p.Errors[0].Field != "menu" {
		t.Fatalf("it does not say what to do: %+v", p)
	}
	w.askAs(bisi, "PATCH", "/api/settings", `{"menu":["`+string(ada.faq)+`"]}`).refuses(400, "menu.unknown")
	if got := menu(); len(got) != 2 {
		t.Fatalf("a refused menu was kept: %v", got)
	}

	w.askAs(ada.person, "DELETE", "/api/faqs/"+string(second), nil).is(204)
	w.must(w.server.config.Waiter.Wait(t.Context(), modelFAQs, w.head()))
	if got := menu(); !slices.Equal(got, []domain.FAQID{ada.faq}) {
		t.Fatalf("a deleted FAQ is still listed: %v", got)
	}
	pin(second, ada.faq).is(200) // it is what is pinned already: nothing changes
	pin(ada.faq, second).refuses(400, "menu.unknown")
	pin(ada.faq).is(200)
	pin(ada.faq, second).refuses(400, "menu.unknown")
}

// head is the position of the log's last event.
func (w *world) head() int64 {
	w.Helper()
	var head int64
	w.must(w.db.Get(&head, `SELECT max(position) FROM events`))
	return head
}

func TestHowCarefulTheBotIsCanBeSeenAndTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signUp("ada@example.com")
	id := ada.account.WorkspaceID
	shift := func() shiftBody {
		t.Helper()
		w.must(w.server.config.Waiter.Wait(t.Context(), modelLabels, w.head()))
		return into[settingsBody](w.askAs(ada, "GET", "/api/settings", nil).is(200)).Shift
	}
	if s := shift(); s.By != 0 || math.Abs(s.AnswersFrom-0.8) > 1e-9 || s.FittedAt != nil || s.Least != 50 {
		t.Fatalf("at first it is %+v", s)
	}
	_, err := w.handler.FitShift(t.Context(), id, func(domain.Shift) (domain.WorkspaceShiftFitted, error) {
		return domain.WorkspaceShiftFitted{Shift: -0.4, Labels: 60, Right: 28, Expected: 34.6, UpTo: 1}, nil
	})
	w.must(err)
	if s := shift(); s.By != -0.4 || math.Abs(s.AnswersFrom-0.8565) > 0.0001 || s.Labels != 60 || s.Right != 28 || s.Expected != 34.6 || s.FittedAt == nil {
		t.Fatalf("after a fit it is %+v", s)
	}
	w.askAs(w.as(ada, domain.RoleAgent), "POST", "/api/settings/shift/reset", nil).is(403)
	if s := into[settingsBody](w.askAs(ada, "POST", "/api/settings/shift/reset", nil).is(200)).Shift; s.By != 0 || s.FittedAt != nil || s.Judged != 0 {
		t.Fatalf("after a reset it is %+v", s)
	}
}

func TestWhatIsNotSentSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.furnish()
	id, chat := ada.account.WorkspaceID, "/api/conversations/"+string(ada.customer)
	ref, _, err := w.handler.WriteReply(t.Context(), commands.InConversation{WorkspaceID: id, CustomerID: ada.customer}, "Yes, we do")
	w.must(err)
	w.must(w.handler.ReplyFailed(t.Context(), ref, "463"))
	w.must(w.server.config.Waiter.Wait(t.Context(), modelThread, w.head()))
	page := into[messagePageBody](w.askAs(ada.person, "GET", chat+"/messages", nil).is(200))
	at := slices.IndexFunc(page.Messages, func(m messageBody) bool { return m.Text == "Yes, we do" })
	if at < 0 || page.Messages[at].Status != "failed" || page.Messages[at].Why == nil || page.Messages[at].Why.Reason != domain.ReasonNotLetIn.Sentence() {
		t.Fatalf("%+v", page.Messages)
	}

	w.clock.pass(25 * time.Hour)
	ada.person = w.renewed(ada.person)
	until := w.clock.Now().Add(time.Hour)
	_, err = w.handler.ObserveConnection(t.Context(), commands.ObserveConnection{
		WorkspaceID: id, Event: domain.ConnectionRestricted{WorkspaceID: id, Code: domain.NewChatsCode, Until: until},
	})
	w.must(err)
	for range 3 {
		w.askAs(ada.person, "POST", chat+"/messages", `{"text":"Are you still there?"}`).refuses(429, "reply.new_chats_stopped")
	}
	w.must(w.server.config.Waiter.Wait(t.Context(), modelTimeline, w.head()))
	told := into[auditPageBody](w.askAs(ada.person, "GET", "/api/audit/events?type=connection.send_refused", nil).is(200))
	if len(told.Events) != 1 || !strings.Contains(told.Events[0].Sentence, domain.ReasonNewChatsStopped.Sentence()) {
		t.Fatalf("the history says %+v", told.Events)
	}
}
