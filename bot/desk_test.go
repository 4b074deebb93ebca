package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard.example/domain"
)

// wants fails when a command is not answered as written.
func (w *world) wants(command, want string) {
	w.t.Helper()
	if got := w.orders(command); got != want {
		w.t.Fatalf("%s\n got %q\nwant %q", command, got, want)
	}
	w.now = w.now.Add(5 * time.Second)
}

func (w *world) person(name, phone string) Person {
	p := Person{CustomerID: domain.CustomerID(domain.DeriveID(domain.Namespace, name)), Name: name, Phone: phone}
	w.desk.people[phone] = p
	return p
}

func TestCommandsAboutPeopleWhoWait(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.wants("!waiting", "✅ Nobody is waiting.")
	w.wants("!reply 1 On its way", "⚙️ Send *!waiting* first, then !reply with a number from its list.")
	ada, bola := w.person("ada", "2348100000001"), w.person("bola", "2348100000002")
	w.says("ada", "do you do small chops for weddings")
	w.says("bola", "do you do small chops for weddings")
	w.desk.waiting = []Waiting{
		{Person: ada, Since: w.now.Add(-12 * time.Minute), Text: "do you do\nsmall chops " + strings.Repeat("x", 60)},
		{Person: Person{CustomerID: bola.CustomerID, Phone: bola.Phone}, Since: w.now.Add(-time.Minute), Text: "hello", Urgent: true},
	}
	w.wants("!waiting", "⚙️ 2 waiting:\n1. ada, 12 min: \"do you do small chops "+strings.Repeat("x", 38)+"…\"\n2. ❗ +234 810 000 0002, 1 min: \"hello\"")
	t.Run("a number means the place it had in the list that was shown", func(t *testing.T) {
		w.desk.waiting = w.desk.waiting[1:]
		w.wants("!reply 1 Yes, from 50 pieces", "✅ Sent to ada. I'll stay quiet there for 1 hour.\n---\nYes, from 50 pieces")
		if got := w.says("ada", "how much is delivery?"); got != "(owner_active)" {
			t.Fatal(got)
		}
	})
	t.Run("or a phone number in any writing", func(t *testing.T) {
		w.wants("!reply +234 810 000 0002 20 pieces", "✅ Sent to bola. I'll stay quiet there for 1 hour.\n---\n20 pieces")
	})
	t.Run("of any country, without the figure that follows it", func(t *testing.T) {
		w.person("chidi", "12025550143")
		w.says("chidi", "do you do small chops for weddings")
		w.wants("!reply +1 202 555 0143 20 pieces", "✅ Sent to chidi. I'll stay quiet there for 1 hour.\n---\n20 pieces")
	})
	t.Run("or in the list that was shown last", func(t *testing.T) {
		w.orders("!waiting")
		w.wants("!reply 1 Good morning", "✅ Sent to bola. I'll stay quiet there for 1 hour.\n---\nGood morning")
	})
	t.Run("old lists are forgotten", func(t *testing.T) {
		w.now = w.now.Add(domain.ListedFor)
		w.wants("!reply 1 hello", "⚙️ Send *!waiting* first, then !reply with a number from its list.")
	})
	w.desk.last = ada
	w.wants("!resume LAST", "▶️ I'm answering ada again.")
	w.wants("!pause last 2h", "⏸ Quiet with ada until "+w.now.Add(2*time.Hour).In(zoneOf("Africa/Lagos")).Format("15:04")+".")
	if got := w.says("ada", "how much is delivery?"); got != "(owner_active)" {
		t.Fatal(got)
	}
	w.desk.ignored = []Person{ada}
	w.wants("!ignored", "🙈 Ignored:\nada")
	w.desk.cameIn = 4
	w.wants("!pause", "⏸ Bot paused until you resume it. Messages are still saved. Send !resume to continue.")
	w.wants("!resume", "▶️ Bot is live. 4 chats came in while paused; !waiting lists them.")
}

func TestWhatAMembersPhoneCommandsIsTheirDoing(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	ngozi, bola := w.person("ngozi", "2348100000001"), w.person("bola", "2348100000002")
	w.says("bola", "how much is delivery?")
	w.happens(domain.WorkspaceStream(shop), domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "m", Role: domain.RoleAgent},
		domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: "m", CustomerID: ngozi.CustomerID})
	w.says("ngozi", "!pause 0810 000 0002 2h")
	w.says("ngozi", "!reply 0810 000 0002 It is on its way")
	w.orders("!reply 0810 000 0002 It is there")
	var did []string
	for _, r := range w.log() {
		switch e := r.Event.(type) {
		case domain.ConversationTakenOver:
			did = append(did, fmt.Sprint("paused by ", e.MemberID, ", ", r.Actor.Kind, " ", r.Actor.ID))
		case domain.ReplyQueued:
			if e.CustomerID == bola.CustomerID && e.Author == domain.AuthorDashboard {
				did = append(did, strings.TrimSpace(fmt.Sprint(e.Text, ", ", r.Actor.Kind, " ", r.Actor.ID)))
			}
		}
	}
	if want := []string{"paused by m, member m", "It is on its way, member m", "It is there, owner"}; !slices.Equal(did, want) {
		t.Fatalf("%q", did)
	}
}

func TestCommandsAboutMissedQuestions(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.wants("!missed", "✅ Every question had an answer.")
	ada, bola := w.person("ada", "2348100000001"), w.person("bola", "2348100000002")
	w.desk.missed = []Missed{{Cluster: "c1", Question: "do you do small chops", People: 2, Asked: []domain.LearnedWording{
		{CustomerID: ada.CustomerID, Text: "do you do small chops"},
		{CustomerID: bola.CustomerID, Text: "Do you do small chops?"},
		{CustomerID: bola.CustomerID, Text: "small chops for weddings"},
	}}}
	w.wants("!answer 1 | Yes", "⚙️ Send *!missed* first, then !answer with a number from its list.")
	w.wants("!missed", "❓ Not answered yet:\n1. \"do you do small chops\", 2 people\nAnswer one: !answer 1 | your answer")
	w.wants("!answer 1", "⚙️ I couldn't read that. Example: !answer 1 | Yes, we do small chops.")
	w.wants("!answer 1 | Yes, from 50 pieces.", "✅ FAQ #5 made from 2 questions.")
	t.Run("the new FAQ answers, and customers' words stay theirs", func(t *testing.T) {
		if got := w.says("chidi", "small chops for weddings"); !strings.HasSuffix(got, "Yes, from 50 pieces.") {
			t.Fatal(got)
		}
		for _, r := range w.log() {
			if e, ok := r.Event.(domain.FAQAdded); ok && e.Number == 5 && len(e.Questions) != 0 {
				t.Fatalf("a customer's words are the owner's now: %v", e.Questions)
			}
		}
	})
	w.wants("!undo", "↩️ Undid: the new FAQ.")
	w.wants("!faq show #5", "⚙️ There is no FAQ #5. Send *!faq* for the list.")
}

func TestWhatYouRepliedYourselfAnswersEverybodyOnceYouSayYes(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	ada := w.person("ada", "2348100000001")
	w.desk.missed = []Missed{
		{Cluster: "c1", Question: "do you do small chops", People: 2, Asked: []domain.LearnedWording{{CustomerID: ada.CustomerID, Text: "do you do small chops"}}},
		{Cluster: "c2", Question: "cake?", People: 1, Asked: []domain.LearnedWording{{CustomerID: ada.CustomerID, Text: "una dey bake cake"}}},
	}
	w.desk.missed[0].Reply = &OwnReply{ID: "r1", Text: "Yes ada, ₦85,000 for 50.", To: ada, Personal: []string{"ada"}}
	missed := "❓ Not answered yet:\n1. \"do you do small chops\", 2 people, you replied: !answer 1\n2. \"cake?\", 1 person\nAnswer one: !answer 1 | your answer"
	offer := "Your reply to ada was:\n→ Yes ada, ₦85,000 for 50.\n⚠️ Everybody will read: ada\nReply YES within 2 min to answer everybody so, or send !answer 1 | another answer."
	w.wants("!missed", missed)
	w.wants("!answer 2", "⚙️ I couldn't read that. Example: !answer 1 | Yes, we do small chops.")
	w.wants("!answer 1 |", "⚙️ I couldn't read that. Example: !answer 1 | Yes, we do small chops.")

	w.wants("!answer 1", offer)
	w.now = w.now.Add(3 * time.Minute)
	w.wants("YES", "⚙️ That was more than 2 minutes ago. Nothing was changed.")

	w.wants("!answer 1", offer)
	w.desk.missed[0].Reply = &OwnReply{ID: "r2", Text: "Ask me tomorrow", To: ada}
	w.wants("YES", "⚙️ There is another reply by now, or none. Nothing was changed; send *!missed* again.")
	if len(added(w)) != len(shopFAQs) {
		t.Fatal("a reply that was not shown became an FAQ")
	}

	w.desk.missed[0].Reply = &OwnReply{ID: "r1", Text: "Yes, ₦85,000 for 50.", To: ada}
	w.wants("!answer 1", "Your reply to ada was:\n→ Yes, ₦85,000 for 50.\nReply YES within 2 min to answer everybody so, or send !answer 1 | another answer.")
	w.wants("yes", "✅ FAQ #5 made from 1 question.")
	if faqs := added(w); faqs[len(faqs)-1].Answer != "Yes, ₦85,000 for 50." {
		t.Fatalf("%+v", faqs)
	}
	w.wants("!undo", "↩️ Undid: the new FAQ.")
}

func added(w *world) (faqs []domain.FAQAdded) {
	for _, r := range w.log() {
		if e, ok := r.Event.(domain.FAQAdded); ok {
			faqs = append(faqs, e)
		}
	}
	return faqs
}

func TestCommandsThatTell(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.desk.stats = Stats{Customers: 41, Messages: 120, Answered: 86, Choices: 8, HandedOver: 6, Top: []string{"How much is delivery?", "Where?"}}
	w.desk.team = []Teammate{{Name: "ada@example.com", Role: domain.RoleOwner}, {Phones: []string{"2348100000001"}, Role: domain.RoleAgent}}
	w.wants("!stats week", "📊 Last 7 days: 41 customers, 120 messages\nBot answered 86% · asked to choose 8% · passed to you 6%\nTop: 1) How much is delivery? 2) Where?")
	w.wants("!stats ever", "⚙️ I couldn't read that. Example: !stats week")
	w.wants("!team", "⚙️ Team:\nada@example.com, owner\n+234 810 000 0001, agent")
	w.wants("!dashboard", "🔗 https://dash.example/link#once")
	w.wants("!plan", "💳 trial: 60 days left. Renew: https://dash.example")
	w.wants("!alerts quiet 22-7", "🔔 Your alerts are on, quiet 22-7.")
	w.wants("!help faq", helpFAQ)
	w.desk.today.Connected.Status, w.desk.today.Connected.Reason = domain.Reconnecting, domain.ReasonDropped
	if got := w.orders("!status"); !strings.HasPrefix(got, "⚙️ 🟡 Reconnecting. The connection dropped.") {
		t.Fatal(got)
	}
	w.desk.today.Missed, w.desk.today.MissedSince = 23, w.now.AddDate(0, 0, 61)
	w.now = w.now.AddDate(0, 0, 62)
	if got := w.orders("!status"); !strings.HasPrefix(got, "⚙️ 🔴 23 customers wrote since Saturday. Renew to answer again.") {
		t.Fatal(got)
	}
	w.now = w.now.AddDate(0, 0, 6) // by now another day has that name
	w.wants("!plan", "💳 trial: 23 customers wrote since 23 January. Renew to answer again. Renew: https://dash.example")
}

func TestEveryCommandIsListedAndExplained(t *testing.T) {
	all := ownerCommands()
	for _, name := range commandOrder() {
		if all[name].help == "" || all[name].run == nil {
			t.Errorf("%s has no line in !help", name)
		}
		delete(all, name)
	}
	for name := range all {
		if !strings.Contains(helpFAQ+helpTeam, "*"+name) {
			t.Errorf("%s is nowhere in the help", name)
		}
	}
}

func TestTwentyCommandsAMinuteAreEnough(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	for range 20 {
		if got := w.orders("!faq"); got == "(rate_limited)" {
			t.Fatal("limited too early")
		}
		w.now = w.now.Add(time.Second)
	}
	if got := w.orders("!faq"); got != "(rate_limited)" {
		t.Fatal(got)
	}
}
