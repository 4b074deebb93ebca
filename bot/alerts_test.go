package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"switchboard.example/domain"
)

func TestABrowserIsToldWhoAndWhatAndWhereToLook(t *testing.T) {
	shop := domain.Workspace{Name: "Ada's Kitchen"}
	ngozi := Person{CustomerID: "c1", Name: "Ngozi", Phone: "2348100000001"}
	asks := func(text string, people int) InNeed { return InNeed{Waiting{Person: ngozi, Text: text}, people} }
	for name, c := range map[string]struct {
		alert             domain.WorkspaceAlertRaised
		who               InNeed
		title, body, path string
	}{
		"one waits": {
			domain.WorkspaceAlertRaised{Kind: domain.AlertWaiting, Count: 1},
			asks("do you deliver\n to Ibadan?", 1),
			"Ngozi waits for you", "Ngozi: do you deliver to Ibadan?", "/inbox/c1",
		},
		"several wait": {
			domain.WorkspaceAlertRaised{Kind: domain.AlertWaiting, Count: 2},
			asks("do you deliver to Ibadan?", 3),
			"3 customers wait for you", "Ngozi: do you deliver to Ibadan?", "/inbox?filter=needs_you",
		},
		"a picture, from somebody without a name": {
			domain.WorkspaceAlertRaised{Kind: domain.AlertWaiting, Count: 1},
			InNeed{Waiting{Person: Person{CustomerID: "c2", Phone: "2348100000001"}}, 1},
			"+234 810 000 0001 waits for you", "+234 810 000 0001: a message without words", "/inbox/c2",
		},
		"disconnected": {
			domain.WorkspaceAlertRaised{Kind: domain.AlertDisconnected},
			InNeed{},
			"Your number is not connected", "Ada's Kitchen: customers are not getting answers.", "/whatsapp",
		},
		"a loop": {
			domain.WorkspaceAlertRaised{Kind: domain.AlertLoop, CustomerID: "c1"},
			InNeed{Waiting: Waiting{Person: ngozi}},
			"The bot is quiet in one chat", "Ngozi looks like another program. The bot is quiet there for 6 hours.", "/inbox/c1",
		},
		"the trial": {
			domain.WorkspaceAlertRaised{Kind: domain.AlertPlan, Subject: "trial 3 2026-12-01", Count: 3},
			InNeed{},
			"Ada's Kitchen", "Your trial ends in 3 days. Then customers get no answers.", "/settings",
		},
	} {
		if n := SayNotice(shop, c.alert, c.who); n.Title != c.title || n.Body != c.body || n.Path != c.path {
			t.Errorf("%s: %+v", name, n)
		}
	}
	t.Run("what happens to the plan is said before it does, with the days that are left", func(t *testing.T) {
		for subject, c := range map[string]struct {
			days int
			want string
		}{
			"trial 1 2026-12-01":    {1, "Your trial ends in 1 day. Then customers get no answers."},
			"past_due 3 2026-12-01": {3, "Your payment is due. In 3 days customers get no answers."},
			"expired 2026-12-01":    {0, "Your plan has ended. Customers get no answers; their messages are saved and counted."},
			"socket 2026-12-01":     {2, "In 2 days I stop listening to your number, and messages are not counted any more."},
			"unlink 2026-12-01":     {2, "In 2 days your number is unlinked and its keys are destroyed. FAQs stay."},
		} {
			alert := domain.WorkspaceAlertRaised{Kind: domain.AlertPlan, Subject: subject, Count: c.days}
			if got := SayNotice(shop, alert, InNeed{}).Body; got != c.want {
				t.Errorf("%s: %s", subject, got)
			}
			if got, want := SayAlert(shop, alert, "https://dash.example"), "⚙️ 💳 "+c.want+" Renew: https://dash.example"; got != want {
				t.Errorf("%s: %s", subject, got)
			}
		}
	})
	t.Run("whatever it is, there are words, a tag, and a time after which it is old", func(t *testing.T) {
		for _, kind := range []domain.AlertKind{
			domain.AlertDisconnected, domain.AlertBack, domain.AlertWaiting, domain.AlertLoop, domain.AlertLimit, domain.AlertAppReply,
			domain.AlertPutAside, domain.AlertPlan, domain.AlertLive,
		} {
			n := SayNotice(shop, domain.WorkspaceAlertRaised{Kind: kind}, InNeed{})
			if n.Title == "" || n.Body == "" || n.Tag == "" || n.Keep <= 0 || !strings.HasPrefix(n.Path, "/") {
				t.Errorf("%s: %+v", kind, n)
			}
		}
	})
	t.Run("however long the words are, a message has room for them", func(t *testing.T) {
		who := asks(strings.Repeat("👨‍👩‍👧", 3000), 1)
		who.Name = strings.Repeat("x", 3000)
		if n := SayNotice(shop, domain.WorkspaceAlertRaised{Kind: domain.AlertWaiting}, who); len(n.Title)+len(n.Body) > 2000 || !utf8.ValidString(n.Body) {
			t.Errorf("%d bytes", len(n.Title)+len(n.Body))
		}
	})
}
