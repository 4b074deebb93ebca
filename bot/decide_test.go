package bot

import (
	"strings"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var shopFAQs = []domain.FAQ{
	{ID: "f1", Number: 1, Enabled: true, Revision: 2, Questions: []string{"How much is delivery?", "delivery fee", "cost of delivery"}, Answer: "Delivery is *₦1,500* in Lagos."},
	{ID: "f2", Number: 2, Enabled: true, Revision: 1, Questions: []string{"What time do you open?", "opening hours", "when do you close"}, Answer: "We open 9 to 6."},
	{ID: "f3", Number: 3, Enabled: true, Revision: 1, Questions: []string{"Where is your shop?", "shop address", "location"}, Answer: "12 Allen Avenue."},
	{ID: "f4", Number: 4, Enabled: false, Revision: 1, Questions: []string{"Do you sell shoes?", "leather sandals and sneakers"}, Answer: "Yes."},
}

type chat struct {
	t    *testing.T
	w    domain.Workspace
	c    domain.Conversation
	k    *Knowledge
	now  time.Time
	sent int
}

func newChat(t *testing.T, faqs ...domain.FAQ) *chat {
	t.Helper()
	k, err := NewKnowledge(1, faqs)
	if err != nil {
		t.Fatal(err)
	}
	w := domain.Workspace{}.Evolve(domain.WorkspaceRegistered{WorkspaceID: "w", Name: "Ada's Kitchen", TrialUntil: noon.AddDate(0, 0, 14)})
	return &chat{t: t, w: w, k: k, now: noon}
}

// says lets the customer write a burst and returns what was decided about it.
func (c *chat) says(texts ...string) commands.Outcome {
	c.t.Helper()
	c.now = c.now.Add(5 * time.Second)
	for _, text := range texts {
		c.receives(domain.KindText, text, c.now)
	}
	return c.decides()
}

func (c *chat) receives(kind domain.MessageKind, text string, sentAt time.Time) {
	c.sent++
	id := domain.MessageID(strings.Repeat("m", c.sent))
	c.c = c.c.Evolve(domain.MessageReceived{MessageID: id, Kind: kind, Text: text, SentAt: sentAt, ReceivedAt: c.now})
}

func (c *chat) decides() commands.Outcome {
	messages := c.c.Turn
	o := Decide(commands.Turn{Workspace: c.w, Conversation: c.c}, messages, c.k, c.now)
	o.Decided.InReplyTo, o.Decided.DecidedAt = ids(messages), c.now
	c.c = c.c.Evolve(o.Decided)
	for _, e := range o.Also {
		c.c = c.c.Evolve(e)
	}
	if o.Reply != "" {
		c.c = c.c.Evolve(domain.ReplyQueued{
			ReplyID: "r", Author: domain.AuthorBot, Text: o.Reply, QueuedAt: c.now, Deadline: c.now.Add(time.Hour), InReplyTo: o.Decided.InReplyTo,
			Despite: c.c.Silence(c.w, c.now),
		})
		if why := c.c.Gate(c.c.Pending[len(c.c.Pending)-1], c.w, c.now); why != "" {
			c.t.Fatalf("the reply would be held back by its own decision: %s", why)
		}
		c.c = c.c.Evolve(domain.ReplySent{ReplyID: "r", SentAt: c.now})
	}
	return o
}

func want(t *testing.T, o commands.Outcome, d domain.Decision, why domain.Reason, reply string) {
	t.Helper()
	if o.Decided.Decision != d || o.Decided.Why != why || !strings.Contains(o.Reply, reply) || (reply == "") != (o.Reply == "") {
		t.Fatalf("decided %s (%s) %q, want %s (%s) %q", o.Decided.Decision, o.Decided.Why, o.Reply, d, why, reply)
	}
}

func TestAnswering(t *testing.T) {
	t.Run("one of the wordings is answered at once", func(t *testing.T) {
		o := newChat(t, shopFAQs...).says("how much is delivery")
		want(t, o, domain.DecideAnswer, domain.ReasonExact, "Delivery is *₦1,500* in Lagos.")
		if o.Decided.FAQ != "f1" || o.Decided.Revision != 2 || o.Decided.Score != 1 {
			t.Fatalf("the decision does not explain itself: %+v", o.Decided)
		}
	})
	t.Run("a disabled FAQ is as if it were not there", func(t *testing.T) {
		want(t, newChat(t, shopFAQs...).says("leather sandals and sneakers"), domain.DecideFallback, domain.ReasonNoMatch, "I don't have that answer yet.")
	})
	t.Run("the question counts when thanks follow it", func(t *testing.T) {
		want(t, newChat(t, shopFAQs...).says("opening hours", "thanks"), domain.DecideAnswer, domain.ReasonExact, "We open 9 to 6.")
	})
}

func TestUnansweredQuestions(t *testing.T) {
	t.Run("are recorded for the owner", func(t *testing.T) {
		o := newChat(t, shopFAQs...).says("do you do small chops for weddings")
		want(t, o, domain.DecideFallback, domain.ReasonNoMatch, "passed it to the team")
		asked, ok := o.Also[0].(domain.QuestionUnanswered)
		if !ok || asked.Text != "do you do small chops for weddings" || asked.Cluster == "" {
			t.Fatalf("not recorded: %+v", o.Also)
		}
	})
	t.Run("also while the bot says nothing because a person spoke today", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.c = c.c.Evolve(domain.OwnerReplied{SentAt: c.now})
		c.now = c.now.Add(2 * domain.QuietAfter)
		o := c.says("do you do small chops for weddings")
		want(t, o, domain.DecideSilence, domain.ReasonSoftReturn, "")
		if _, ok := o.Also[0].(domain.QuestionUnanswered); !ok {
			t.Fatalf("not recorded: %+v", o.Also)
		}
	})
	t.Run("are said to be unclear where a second one in a row is not asked back about", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.says("do you people bring things and when")
		want(t, c.says("you people bring things when"), domain.DecideFallback, domain.ReasonUnclear, "I don't have that answer yet.")
	})
	t.Run("are nobody's fault where there is no FAQ", func(t *testing.T) {
		want(t, newChat(t).says("do you deliver"), domain.DecideFallback, domain.ReasonNoFAQs, "I don't have that answer yet.")
	})
	t.Run("fall in one cluster whatever the order of words", func(t *testing.T) {
		a := newChat(t).says("small chops weddings price").Also[0].(domain.QuestionUnanswered)
		b := newChat(t).says("price weddings small chops").Also[0].(domain.QuestionUnanswered)
		if a.Cluster != b.Cluster {
			t.Fatalf("%s and %s", a.Cluster, b.Cluster)
		}
	})
	t.Run("the second in a row goes to a person, then the bot is quiet", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.says("do you do small chops for weddings")
		want(t, c.says("can you paint my house blue"), domain.DecideFallback, domain.ReasonGaveUp, "someone from *Ada's Kitchen* will reply here")
		want(t, c.says("how much is delivery?"), domain.DecideSilence, domain.ReasonHuman, "")
	})
}

func TestPickingByNumber(t *testing.T) {
	t.Run("from the greeting's menu", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		want(t, c.says("good morning"), domain.DecideGreeting, domain.ReasonGreeting, "*2* What time do you open?")
		o := c.says("2.")
		want(t, o, domain.DecideAnswer, domain.ReasonPicked, "We open 9 to 6.")
		if o.Decided.FAQ != "f2" || o.Decided.Score != 1 || o.Decided.Margin != 1 {
			t.Fatalf("nothing is surer than a choice: %+v", o.Decided)
		}
	})
	t.Run("as people write it", func(t *testing.T) {
		open := domain.Conversation{Choices: []domain.FAQID{"f1", "f2", "f3"}, ChoicesAt: noon}
		for text, want := range map[string]int{
			"1": 1, "1.": 1, " 1 ": 1, "(2)": 2, "*3*": 3, "one": 1, "One": 1, "first": 1, "second": 2, "the third": 3, "number 1": 1, "Number 2.": 2, "no 3": 3,
			"option 2": 2, "the second one": 2, "2 please": 2, "2️⃣": 2, "0": 0, "zero": 0,
		} {
			if n, ok := picked(open, text, noon.Add(domain.ChoicesValid)); !ok || n != want {
				t.Errorf("%q: %d, %v", text, n, ok)
			}
		}
		for _, text := range []string{"", "4", "five", "12", "1 2", "2 bags", "-1", "one way or another", "first thing"} {
			if n, ok := picked(open, text, noon); ok {
				t.Errorf("%q picked %d", text, n)
			}
		}
	})
	t.Run("a number without an open list is only words", func(t *testing.T) {
		if o := newChat(t, shopFAQs...).says("2"); o.Decided.Decision == domain.DecideAnswer {
			t.Fatalf("answered %q", o.Reply)
		}
	})
	t.Run("a list is closed after fifteen minutes", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.says("good morning")
		c.now = c.now.Add(domain.ChoicesValid + time.Second)
		if o := c.says("2"); o.Decided.Decision == domain.DecideAnswer {
			t.Fatalf("answered %q", o.Reply)
		}
	})
}

func TestSilence(t *testing.T) {
	t.Run("a message older than two hours at receipt is recorded only", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.receives(domain.KindText, "how much is delivery?", c.now.Add(-domain.ReplyDeadline-time.Second))
		want(t, c.decides(), domain.DecideSilence, domain.ReasonTooOld, "")
	})
	t.Run("a picture or a voice note that came minutes late gets no word", func(t *testing.T) {
		for _, kind := range []domain.MessageKind{domain.KindImage, domain.KindVoice} {
			c := newChat(t, shopFAQs...)
			c.receives(kind, "", c.now.Add(-10*time.Minute))
			want(t, c.decides(), domain.DecideSilence, domain.ReasonTooOld, "")
		}
	})
	t.Run("a paused bot says nothing", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.w = c.w.Evolve(domain.WorkspaceBotPaused{})
		want(t, c.says("how much is delivery?"), domain.DecideSilence, domain.ReasonPaused, "")
	})
	t.Run("customers never learn that a plan ended", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.w = c.w.Evolve(domain.WorkspacePlanChanged{State: domain.Expired})
		want(t, c.says("how much is delivery?"), domain.DecideSilence, domain.ReasonPlanEnded, "")
	})
	t.Run("the bot is quiet for an hour after the owner spoke, whatever the customer writes", func(t *testing.T) {
		c := newChat(t, shopFAQs...)
		c.c = c.c.Evolve(domain.OwnerReplied{SentAt: c.now})
		want(t, c.says("how much is delivery?"), domain.DecideSilence, domain.ReasonOwnerActive, "")
		c.now = c.now.Add(domain.QuietAfter)
		want(t, c.says("how much is delivery?"), domain.DecideAnswer, domain.ReasonExact, "₦1,500")
	})
}

func TestTheFortyFirstOfADayIsNotEvenDecided(t *testing.T) {
	c := newChat(t, shopFAQs...)
	for i := range domain.ChatPerDay - 1 {
		c.c.Sends = append(c.c.Sends, c.now.Add(-time.Duration(domain.ChatPerDay-i)*30*time.Minute))
	}
	want(t, c.says("how much is delivery?"), domain.DecideAnswer, domain.ReasonExact, "₦1,500")
	over := c.says("opening hours")
	want(t, over, domain.DecideSilence, domain.ReasonRateLimited, "")
	if told, ok := over.Workspace[0].(domain.WorkspaceAlertRaised); !ok || told.Kind != domain.AlertLimit {
		t.Fatalf("the owner does not hear of it: %+v", over.Workspace)
	}
}

func TestOptingOut(t *testing.T) {
	c := newChat(t, shopFAQs...)
	want(t, c.says("STOP"), domain.DecideFallback, domain.ReasonOptingOut, "won't get automatic messages")
	want(t, c.says("how much is delivery?"), domain.DecideSilence, domain.ReasonOptedOut, "")
	want(t, c.says("start"), domain.DecideFallback, domain.ReasonOptingIn, "Welcome back")
	want(t, c.says("how much is delivery?"), domain.DecideAnswer, domain.ReasonExact, "₦1,500")
}

func TestEveryGreetingAndFallbackNamesTheWayToAPerson(t *testing.T) {
	w, custom := domain.Workspace{Name: "Ada's Kitchen"}, domain.Workspace{Name: "Ada's Kitchen"}
	own := "Welcome!"
	custom.Settings.Greeting = &own
	for _, text := range []string{
		sayFallback, sayOtherWords, sayStarted, sayThatsAll, sayVoice, sayCalm(w), sayGreeting(w, nil), sayGreeting(w, shopFAQs[:2]),
		sayMenu(shopFAQs[:2]), sayMenu(nil), sayGreetingLine(w), sayGreetingLine(custom), sayGreeting(custom, nil), sayChoices(shopFAQs[:2]),
	} {
		if !strings.Contains(text, "*0*") {
			t.Errorf("no way to a person in %q", text)
		}
	}
}
